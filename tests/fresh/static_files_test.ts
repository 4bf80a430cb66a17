import { deepEqual, equal, match } from "node:assert/strict";
import { pathToFileURL } from "node:url";
import { App, staticFiles } from "fresh";
import { Builder } from "fresh/dev";
import { asset } from "fresh/runtime";
import { ask as askApp, withBuiltSite, withSite } from "./helpers.ts";

const FILES = {
  "main.ts": `import { App, staticFiles } from "fresh";
    export const app = new App().use(staticFiles()).get("/", (ctx) => ctx.text("route"));`,
  "static/a b.txt": "hello",
  "static/index.html": "<p>static</p>",
  "static/sub/x.css": "a { background: url(/i.png) } b { background: url(https://x/i.png) }",
};

type Ask = (path: string, init?: RequestInit) => Promise<Response>;

/** Builds the files to disk and asks the server that the build wrote. */
async function withBuild(body: (ask: Ask) => Promise<void>): Promise<void> {
  await withSite(FILES, async (root) => {
    await new Builder({ root }).build();
    const { default: server } = await import(`${pathToFileURL(root)}/_fresh/server.js`);
    await body((path, init) => server.fetch(new Request(`http://localhost${path}`, init)));
  });
}

const headersOf = (response: Response, ...names: string[]) =>
  names.map((name) => response.headers.get(name));

Deno.test("a static file has type, length and tag, and is checked on each use", async () => {
  await withBuild(async (ask) => {
    const response = await ask("/a%20b.txt");
    const { etag, ...headers } = Object.fromEntries(response.headers);
    deepEqual(headers, {
      "cache-control": "no-cache, no-store, max-age=0, must-revalidate",
      "content-length": "5",
      "content-type": "text/plain; charset=UTF-8",
      vary: "If-None-Match",
    });
    match(etag!, /^W\/"[0-9a-f]{64}"$/);
    equal(await response.text(), "hello");
    const again = await ask("/a%20b.txt", { headers: { "if-none-match": etag! } });
    deepEqual(
      [again.status, ...headersOf(again, "etag", "cache-control", "vary")],
      [304, null, null, "If-None-Match"],
    );
    const head = await ask("/a%20b.txt", { method: "HEAD" });
    deepEqual([head.headers.get("content-length"), await head.text()], ["5", ""]);
  });
});

Deno.test("a file marked with the build is kept forever, with another build sent on", async () => {
  await withBuild(async (ask) => {
    const current = await ask(asset("/sub/x.css"));
    deepEqual(headersOf(current, "cache-control"), ["public, max-age=31536000, immutable"]);
    equal(
      await current.text(),
      `a { background: url("${asset("/i.png")}") } b { background: url(https://x/i.png) }`,
    );
    const other = await ask("/sub/x.css?__frsh_c=other");
    deepEqual([other.status, other.headers.get("location")], [307, "/sub/x.css"]);
  });
});

Deno.test("files are for GET and HEAD; the root, folders and unknown names are not files", async () => {
  await withBuild(async (ask) => {
    equal((await ask("/index.html", { method: "POST" })).status, 405);
    equal((await ask("/none.txt", { method: "POST" })).status, 404);
    equal(await (await ask("/")).text(), "route");
    equal((await ask("/sub/")).status, 404);
    equal((await ask("/%ff")).status, 404);
    equal((await ask("/../deno.json")).status, 404);
    const favicon = await ask("/favicon.ico");
    deepEqual([favicon.status, await favicon.text()], [404, ""]);
  });
});

Deno.test("in development, and in a build in memory, files have no tag", async () => {
  const { "main.ts": _, ...files } = FILES;
  await withBuiltSite(files, async (app) => {
    const { headers } = await askApp(app, "/index.html");
    equal(headers.get("etag"), null);
    equal(headers.get("cache-control"), "no-cache, no-store, max-age=0, must-revalidate");
    const marked = await askApp(app, asset("/index.html"));
    equal(marked.headers.get("cache-control"), "public, max-age=31536000, immutable");
  });
  await withSite(files, async (root) => {
    const attach = await new Builder({ root }).build({ mode: "development", snapshot: "memory" });
    const app = new App().use(staticFiles());
    attach(app);
    const { headers } = await askApp(app, asset("/index.html"));
    equal(headers.get("cache-control"), "no-cache, no-store, max-age=0, must-revalidate");
  });
});
