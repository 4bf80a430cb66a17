import { deepEqual, equal, match } from "node:assert/strict";
import { App, createDefine, type Middleware, page } from "fresh";
import { ask, silently, text } from "./helpers.ts";

const only = (middleware: Middleware<unknown>) => new App().get("/", middleware);

Deno.test("redirect() answers 302 and never leaves for another host by accident", async () => {
  const to = async (target: string, status?: number) => {
    const response = await ask(only((ctx) => ctx.redirect(target, status)), "/");
    return [response.status, response.headers.get("location")];
  };
  deepEqual(await to("/x?y=//z", 303), [303, "/x?y=//z"]);
  deepEqual(await to("//evil.com/x?y=1"), [302, "/evil.com/x?y=1"]);
  deepEqual(await to("https://example.com/"), [302, "https://example.com/"]);
});

Deno.test("text(), html() and json() set content type, status and headers", async () => {
  const html = await ask(only((ctx) => ctx.html("<b>", { status: 201 })), "/");
  deepEqual([html.status, html.headers.get("content-type")], [201, "text/html; charset=utf-8"]);
  const json = await ask(only((ctx) => ctx.json({ a: 1 }, { headers: { x: "y" } })), "/");
  deepEqual([json.headers.get("x"), await json.json()], ["y", { a: 1 }]);
  equal(await text(only((ctx) => ctx.text("t")), "/"), "t");
});

Deno.test("stream() sends what an iterable or a generator function yields", async () => {
  const init = { headers: { "content-type": "text/event-stream" } };
  const response = await ask(only((ctx) => ctx.stream(["a", "b"], init)), "/");
  deepEqual([response.headers.get("content-type"), await response.text()], [
    "text/event-stream",
    "ab",
  ]);
  async function* chunks() {
    yield new TextEncoder().encode("c");
    yield await Promise.resolve("d");
  }
  equal(await text(only((ctx) => ctx.stream<string | Uint8Array<ArrayBuffer>>(chunks)), "/"), "cd");
});

Deno.test("stream() ends its generator when the client goes away", async () => {
  const ended = Promise.withResolvers<void>();
  async function* forever() {
    try {
      for (;;) yield await Promise.resolve("x");
    } finally {
      ended.resolve();
    }
  }
  const response = await ask(only((ctx) => ctx.stream(forever)), "/");
  await response.body!.cancel();
  await ended.promise;
});

Deno.test("render() without JSX is an error, with null an empty page", async () => {
  const html = '<!DOCTYPE html><html><head><meta charset="utf-8"/></head><body></body></html>';
  equal(await text(only((ctx) => ctx.render(null)), "/"), html);
  await silently(async () => {
    const bad = only((ctx) => ctx.render("text" as unknown as null));
    equal((await ask(bad, "/")).status, 500);
  });
});

Deno.test("state is one object per request, info has a default address", async () => {
  const app = new App<{ n?: number }>().use((ctx) => {
    ctx.state.n = (ctx.state.n ?? 0) + 1;
    return ctx.next();
  }).get("/", (ctx) => {
    const { hostname, port } = ctx.info.remoteAddr as Deno.NetAddr;
    return ctx.text(`${ctx.state.n} ${hostname}:${port} ${ctx.isPartial}`);
  });
  equal(await text(app, "/"), "1 localhost:1234 false");
  equal(await text(app, "/?fresh-partial=true"), "1 localhost:1234 true");
});

Deno.test("define and page() type the data that a handler gives to its page", async () => {
  const define = createDefine<{ user: string }>();
  const handler = define.handlers({
    GET: (ctx) => page({ hello: ctx.state.user }, { status: 203, headers: { x: "1" } }),
    POST: (ctx) => ctx.text("posted"),
  });
  const component = define.page<typeof handler>(({ data }) => data.hello.toUpperCase());
  const user = define.middleware((ctx) => {
    ctx.state.user = "ada";
    return ctx.next();
  });
  const app = new App<{ user: string }>().use(user).route("/", { handler, component });
  const response = await ask(app, "/");
  deepEqual([response.status, response.headers.get("x")], [203, "1"]);
  match(await response.text(), /<body>ADA<\/body>/);
  equal(await text(app, "/", { method: "POST" }), "posted");
  deepEqual(page(), { data: {}, headers: undefined, status: undefined });
});
