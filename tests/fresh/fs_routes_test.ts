import { deepEqual, equal, match, throws } from "node:assert/strict";
import { parsePath, toPattern } from "../../lib/fresh/fs_routes.ts";
import { type AnyApp, ask, silently, text, withBuiltSite } from "./helpers.ts";

const answer = async (app: AnyApp, path: string, method = "GET") => {
  const response = await ask(app, path, { method });
  const html = await response.text();
  return [response.status, /<body>(.*)<\/body>/.exec(html)?.[1] ?? html];
};

Deno.test("file names become patterns", () => {
  const patternOf = (path: string) => toPattern(parsePath(path).url) || "/";
  equal(patternOf("index.tsx"), "/");
  equal(patternOf("(group)/a-[b]/[id].ts"), "/a-:b/:id");
  equal(patternOf("x/[[opt]].tsx"), "/x{/:opt}?");
  equal(patternOf("docs/[...path].tsx"), "/docs/:path*");
  throws(() => patternOf("[a][b].ts"), SyntaxError);
  throws(() => patternOf("x-[[b]].ts"), SyntaxError);
});

Deno.test("files answer by their path: plain before parameter before rest", async () => {
  const page = (name: string) => `export default (p) => "${name} " + JSON.stringify(p.params);`;
  await withBuiltSite({
    "routes/index.tsx": page("index"),
    "routes/[...rest].tsx": page("rest"),
    "routes/[id].tsx": page("id"),
    "routes/named.tsx": page("named"),
    "routes/x/[[opt]].tsx": page("opt"),
    "routes/(group)/grouped.tsx": page("grouped"),
    "routes/(_hidden)/helper.ts": "export const helper = 1;",
    "routes/named_test.ts": "throw new Error('not a route');",
  }, async (app) => {
    deepEqual(await answer(app, "/"), [200, "index {}"]);
    deepEqual(await answer(app, "/named"), [200, "named {}"]);
    deepEqual(await answer(app, "/other"), [200, "id {&quot;id&quot;:&quot;other&quot;}"]);
    deepEqual(await answer(app, "/a/b"), [200, "rest {&quot;rest&quot;:&quot;a/b&quot;}"]);
    deepEqual(await answer(app, "/x"), [200, "opt {&quot;opt&quot;:&quot;&quot;}"]);
    deepEqual(await answer(app, "/grouped"), [200, "grouped {}"]);
    match(String((await answer(app, "/(_hidden)/helper"))[1]), /^rest/);
  });
});

Deno.test("a file's handlers decide about methods, and a missing one is 404", async () => {
  await withBuiltSite({
    "routes/fn.ts": "export const handler = (ctx) => new Response(ctx.req.method);",
    "routes/object.ts": "export const handler = { POST: () => new Response('posted') };",
    "routes/page.tsx": "export default () => 'page';",
    "routes/both.tsx": `export const handlers = { POST: () => ({ data: { n: 2 }, status: 418 }) };
      export default (p) => JSON.stringify(p.data);`,
    "routes/override.ts": `export const config = { routeOverride: "/o/:id(\\\\d+)" };
      export const handler = { POST: (ctx) => new Response(ctx.params.id) };`,
    "routes/nothing.ts": "export const other = 1;",
  }, async (app) => {
    deepEqual(await answer(app, "/fn", "OPTIONS"), [200, "OPTIONS"]);
    deepEqual(await answer(app, "/object", "POST"), [200, "posted"]);
    for (const method of ["GET", "HEAD", "OPTIONS"]) {
      equal((await answer(app, "/object", method))[0], 404);
    }
    deepEqual(await answer(app, "/page", "DELETE"), [200, "page"]);
    deepEqual(await answer(app, "/both"), [200, "{}"]);
    deepEqual(await answer(app, "/both", "POST"), [418, "{&quot;n&quot;:2}"]);
    deepEqual(await answer(app, "/o/12", "POST"), [200, "12"]);
    equal((await answer(app, "/o/12"))[0], 405);
    equal((await answer(app, "/o/x", "POST"))[0], 404);
    equal((await silently(() => answer(app, "/nothing")))[0], 500);
  });
});

Deno.test("folders give their pages middlewares, layouts and error pages", async () => {
  const layout = (tag: string) => `export default ({Component}) => <${tag}><Component/></${tag}>;`;
  const trace = (name: string) =>
    `export default async (ctx) => {
      const response = await ctx.next();
      response.headers.append("x-trace", "${name}");
      return response;
    };`;
  await withBuiltSite({
    "routes/_app.tsx": `export default ({Component, state}) =>
      <html><head></head><body><Component/>{state.who}</body></html>;`,
    "routes/_layout.tsx": layout("main"),
    "routes/_middleware.ts": trace("root"),
    "routes/_error.tsx": "export default ({error}) => <p>root {String(error)}</p>;",
    "routes/a/_layout.tsx": layout("section"),
    "routes/a/_middleware.ts":
      `export const handler = [(ctx) => { ctx.state.who = "me"; return ctx.next(); }];`,
    "routes/a/_error.tsx": "export default () => <p>a failed</p>;",
    "routes/a/index.tsx": "export default () => <p>a</p>;",
    "routes/a/boom.ts": "export const handler = () => { throw new Error('boom'); };",
    "routes/boom.ts": "export const handler = () => { throw new Error('boom'); };",
    "routes/bare.tsx": `export const config = { skipAppWrapper: true, skipInheritedLayouts: true };
      export default () => <p>bare</p>;`,
    "routes/response.tsx": "export default async () => new Response('own', { status: 202 });",
  }, async (app) => {
    deepEqual(await answer(app, "/a"), [200, "<main><section><p>a</p></section></main>me"]);
    deepEqual(await answer(app, "/a/boom"), [
      500,
      "<main><section><p>a failed</p></section></main>me",
    ]);
    equal((await ask(app, "/a/boom")).headers.get("x-trace"), "root");
    deepEqual(await answer(app, "/boom"), [500, "<main><p>root Error: boom</p></main>"]);
    equal((await ask(app, "/boom")).headers.get("x-trace"), null);
    deepEqual(await answer(app, "/none"), [404, "<main><p>root HttpError</p></main>"]);
    deepEqual(await answer(app, "/bare"), [200, "<p>bare</p>"]);
    match(await text(app, "/bare"), /<head><meta charset="utf-8"\/><\/head>/);
    deepEqual(await answer(app, "/response"), [202, "own"]);
  });
});

Deno.test("_404 answers unknown paths, with status 200", async () => {
  await withBuiltSite({
    "routes/_404.tsx": "export default () => 'not here';",
    "routes/a.ts": "export const handler = { POST: () => new Response('a') };",
  }, async (app) => {
    deepEqual(await answer(app, "/none"), [200, "not here"]);
    deepEqual(await answer(app, "/a"), [200, "not here"]);
  });
});
