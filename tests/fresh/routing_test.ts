import { deepEqual, equal, rejects } from "node:assert/strict";
import { App, type Middleware } from "fresh";
import { ask, silently, text } from "./helpers.ts";

/** An app whose answers name the middlewares that ran. */
function traced(): {
  app: App<unknown>;
  mark: (name: string) => Middleware<unknown>;
  ran: string[];
} {
  const ran: string[] = [];
  const mark = (name: string): Middleware<unknown> => (ctx) => {
    ran.push(name);
    return ctx.next();
  };
  return { app: new App(), mark, ran };
}

Deno.test("a route has the middlewares registered before it, from the root down", async () => {
  const { app, mark, ran } = traced();
  app.use(mark("A")).get("/one", (ctx) => ctx.text("1"))
    .use(mark("B")).use("/two", mark("C")).get("/two", mark("own"), (ctx) => ctx.text("2"));
  equal(await text(app, "/one"), "1");
  deepEqual(ran.splice(0), ["A"]);
  equal(await text(app, "/two"), "2");
  deepEqual(ran, ["A", "B", "C", "own"]);
});

Deno.test("middlewares of a path cover what is below it, not what begins alike", async () => {
  const { app, mark, ran } = traced();
  app.use("/two", mark("C")).get("/two/x", (ctx) => ctx.text("x"))
    .get("/twofold", (ctx) => ctx.text("f"));
  await text(app, "/twofold");
  deepEqual(ran, []);
  await text(app, "/two/x");
  deepEqual(ran, ["C"]);
});

Deno.test("only root middlewares run where no route matches", async () => {
  const { app, mark, ran } = traced();
  app.use(mark("root")).use("/api", mark("api")).get("/api/x", (ctx) => ctx.text("x"));
  equal((await ask(app, "/api/none")).status, 404);
  equal((await ask(app, "/api/x", { method: "POST" })).status, 405);
  deepEqual(ran, ["root", "root"]);
});

Deno.test("a plain path beats a pattern, and the first of two equal routes wins", async () => {
  const app = new App().get("/*", (ctx) => ctx.text("star")).get("/a", (ctx) => ctx.text("first"))
    .get("/a", (ctx) => ctx.text("second"));
  equal(await text(app, "/a"), "first");
  equal(await text(app, "/b/c"), "star");
});

Deno.test("the first pattern that matches decides, even about the method", async () => {
  const app = new App().get("/:a", (ctx) => ctx.text("a")).post("/:b", (ctx) => ctx.text("b"));
  equal(await text(app, "/x"), "a");
  equal((await ask(app, "/x", { method: "POST" })).status, 405);
});

Deno.test("a slash at the end and repeated slashes find the same plain path", async () => {
  const app = new App().get("/a/b", (ctx) => ctx.text(ctx.url.pathname));
  equal(await text(app, "/a/b/"), "/a/b/");
  equal(await text(app, "/a//b?x=1"), "/a/b");
});

Deno.test("parameters are decoded, an escaped slash stays", async () => {
  const app = new App().get("/a/:id", (ctx) => ctx.text(`${ctx.params.id} ${ctx.route}`))
    .get("/%C3%A4", (ctx) => ctx.text("umlaut"));
  equal(await text(app, "/a/x%20y%2Fz"), "x y%2Fz /a/:id");
  equal(await text(app, "/ä"), "umlaut");
});

Deno.test("a badly encoded parameter rejects outside of all error routes", async () => {
  const app = new App().onError("*", () => new Response("caught")).get(
    "/:id",
    (ctx) => ctx.text(""),
  );
  await rejects(ask(app, "/%ff"), URIError);
});

Deno.test("basePath is in front of every route and part of ctx.route", async () => {
  const app = new App({ basePath: "/base" }).get("/a", (ctx) => ctx.text(ctx.route!));
  equal(await text(app, "/base/a"), "/base/a");
  equal((await ask(app, "/a")).status, 404);
});

Deno.test("mountApp() puts routes and middlewares of another app below a path", async () => {
  const { app, mark, ran } = traced();
  const inner = new App({ basePath: "/v1" }).use(mark("inner"))
    .get("/in", (ctx) => ctx.text(ctx.route!)).notFound(() => new Response("nf", { status: 404 }));
  app.use(mark("outer")).mountApp("/s", inner).get("/out", (ctx) => ctx.text("out"));
  equal(await text(app, "/s/v1/in"), "/s/v1/in");
  deepEqual(ran.splice(0), ["outer", "inner"]);
  equal(await text(app, "/out"), "out");
  equal(await text(app, "/none"), "nf");
  deepEqual(ran, ["outer", "outer"]);
});

Deno.test("trustProxy lets forwarded headers decide ctx.url", async () => {
  const headers = { "x-forwarded-proto": "https", "x-forwarded-host": "example.com" };
  const show = (trustProxy: boolean) =>
    text(new App({ trustProxy }).get("/", (ctx) => ctx.text(ctx.url.href)), "/", { headers });
  equal(await show(false), "http://localhost/");
  equal(await show(true), "https://example.com/");
});

Deno.test("HEAD runs the GET handler without a body", async () => {
  const app = new App().get("/", (ctx) => ctx.text("body", { status: 201, headers: { x: "1" } }));
  const response = await ask(app, "/", { method: "HEAD" });
  deepEqual([response.status, response.headers.get("x"), await response.text()], [201, "1", ""]);
});

Deno.test("OPTIONS lists the path's methods, 405 does not", async () => {
  const app = new App().get("/", (ctx) => ctx.text("")).post("/", (ctx) => ctx.text(""));
  const options = await ask(app, "/", { method: "OPTIONS" });
  deepEqual([options.status, options.headers.get("allow")], [204, "GET, POST"]);
  const wrong = await ask(app, "/", { method: "PUT" });
  deepEqual([wrong.status, wrong.headers.get("allow")], [405, null]);
  equal(await wrong.text(), "Method Not Allowed");
});

Deno.test("all() and a route with a function take every method", async () => {
  const app = new App().all("/all", (ctx) => ctx.text(ctx.req.method))
    .route("/fn", { handler: (ctx) => ctx.text(ctx.req.method) });
  for (const method of ["GET", "PUT", "OPTIONS"]) {
    equal(await text(app, "/all", { method }), method);
    equal(await text(app, "/fn", { method }), method);
  }
});

Deno.test("a handler that returns nothing answers 500", async () => {
  const app = new App().route("/", { handler: () => undefined as unknown as Response })
    .get("/mw", () => "text" as unknown as Response);
  await silently(async () => {
    equal((await ask(app, "/")).status, 500);
    equal((await ask(app, "/mw")).status, 500);
  });
});
