import { deepEqual, equal, match } from "node:assert/strict";
import { App, HttpError } from "fresh";
import { ask, silently, text } from "./helpers.ts";

function failing(error: unknown): () => never {
  return () => {
    throw error;
  };
}

Deno.test("an HttpError that nobody handles is plain text with its status", async () => {
  const app = new App().get("/a", failing(new HttpError(503, "busy")))
    .get("/b", failing(new HttpError(418)));
  await silently(async () => {
    const response = await ask(app, "/a");
    deepEqual([response.status, await response.text()], [503, "busy"]);
    match(response.headers.get("content-type")!, /^text\/plain/);
    equal(await text(app, "/b"), "I'm a Teapot");
    equal(await text(app, "/none"), "Not Found");
  });
});

Deno.test("anything else thrown is logged and answers 500 without its text", async () => {
  const app = new App().get("/", failing("secret"));
  const response = await silently(() => ask(app, "/"));
  deepEqual([response.status, await response.text()], [500, "Internal server error"]);
});

Deno.test("HttpError keeps an empty message and takes a cause", () => {
  const error = new HttpError(404, undefined, { cause: "c" });
  deepEqual([error.name, error.status, error.message, error.cause], ["HttpError", 404, "", "c"]);
});

Deno.test("a middleware sees an error as a rejected next()", async () => {
  const app = new App().use(async (ctx) => {
    try {
      return await ctx.next();
    } catch (error) {
      return ctx.json({ caught: (error as HttpError).status });
    }
  }).get("/", failing(new HttpError(400)));
  equal(await text(app, "/"), '{"caught":400}');
  equal(await text(app, "/none"), '{"caught":404}');
});

Deno.test("the deepest error route answers, outside of its own segment's middlewares", async () => {
  const passed: string[] = [];
  const app = new App()
    .onError("*", (ctx) => ctx.text("root", { status: 500 }))
    .onError("/a", (ctx) => ctx.text(`a: ${(ctx.error as Error).message}`, { status: 502 }))
    .use(async (ctx) => {
      const response = await ctx.next();
      passed.push("root");
      return response;
    })
    .use("/a", async (ctx) => {
      const response = await ctx.next();
      passed.push("a");
      return response;
    })
    .get("/a/b", failing(new Error("b")))
    .get("/c", failing(new Error("c")));
  const nested = await ask(app, "/a/b");
  deepEqual([nested.status, await nested.text()], [502, "a: b"]);
  deepEqual(passed.splice(0), ["root"]);
  equal(await text(app, "/c"), "root");
  deepEqual(passed, []);
});

Deno.test("an error route registered later does not apply, notFound always does", async () => {
  const app = new App().get("/early", failing(new Error("e")))
    .get("/gone", failing(new HttpError(404)))
    .onError("*", () => new Response("late")).notFound(() => new Response("nf", { status: 404 }));
  await silently(async () => equal(await text(app, "/early"), "Internal server error"));
  equal(await text(app, "/gone"), "nf");
  const unknown = await ask(app, "/none");
  deepEqual([unknown.status, await unknown.text()], [404, "nf"]);
});

Deno.test("an error page has the error's status, a notFound page has 200", async () => {
  const app = new App().onError("*", { component: ({ error }) => `error ${String(error)}` })
    .notFound({ component: () => "not here" }).use((ctx) => ctx.next())
    .get("/", failing(new HttpError(403, "no")));
  const forbidden = await ask(app, "/");
  equal(forbidden.status, 403);
  match(await forbidden.text(), /<body>error HttpError: no<\/body>/);
  const missing = await ask(app, "/none");
  equal(missing.status, 200);
  match(await missing.text(), /not here/);
});

Deno.test("ctx.error is null for an unknown path unless there is a root middleware", async () => {
  const answer = (app: App<unknown>) =>
    text(app.onError("*", (ctx) => ctx.text(String(ctx.error))), "/none");
  equal(await answer(new App()), "null");
  equal(await answer(new App().use((ctx) => ctx.next())), "HttpError");
});
