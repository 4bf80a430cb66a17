import { equal, match } from "node:assert/strict";
import type { VNode } from "preact";
import { App, type PageProps } from "fresh";
import { asset, assetSrcSet, Head, IS_BROWSER, Partial } from "fresh/runtime";
import { mergeHead } from "../../lib/fresh/html.ts";
import { ask, text } from "./helpers.ts";

const Html = ({ Component }: PageProps) => (
  <html lang="en">
    <head>
      <title>default</title>
    </head>
    <body>
      <Component />
    </body>
  </html>
);

const showing = (vnode: VNode) => new App().get("/p/q", (ctx) => ctx.render(vnode));

Deno.test("a page without html, head and body gets them", async () => {
  const response = await ask(showing(<p>x</p>), "/p/q");
  equal(response.headers.get("content-type"), "text/html; charset=utf-8");
  equal(response.headers.get("link"), null);
  equal(
    await response.text(),
    '<!DOCTYPE html><html><head><meta charset="utf-8"/></head><body><p>x</p></body></html>',
  );
});

Deno.test("wrapper and layouts go around the page, the outer ones first", async () => {
  const app = new App().appWrapper(Html)
    .layout("*", ({ Component }) => (
      <main>
        <Component />
      </main>
    ))
    .layout("/a", async ({ Component }) => {
      await Promise.resolve();
      return (
        <section>
          <Component />
        </section>
      );
    })
    .layout("/b", ({ Component }) => (
      <i>
        <Component />
      </i>
    ), { skipInheritedLayouts: true })
    .get("/a", (ctx) => ctx.render(<p>{ctx.url.pathname}</p>))
    .get("/b", (ctx) => ctx.render(<p>b</p>, { status: 201 }))
    .get("/c", (ctx) => ctx.render(<p>c</p>, {}, { skipAppWrapper: true }));
  match(await text(app, "/a"), /<body><main><section><p>\/a<\/p><\/section><\/main><\/body>/);
  const b = await ask(app, "/b");
  equal(b.status, 201);
  match(await b.text(), /<body><i><p>b<\/p><\/i><\/body>/);
  match(
    await text(app, "/c"),
    /^<!DOCTYPE html><html><head><meta charset="utf-8"\/><\/head><body><main>/,
  );
});

Deno.test("what is in Head goes to the document's head and replaces its title", async () => {
  const app = new App().appWrapper(Html).get("/", (ctx) =>
    ctx.render(
      <p>
        <Head>
          <title>page &amp; more</title>
          <meta name="k" content="v" />
        </Head>x
      </p>,
    ));
  match(
    await text(app, "/"),
    /<head><title>page &amp; more<\/title><meta name="k" content="v"\/><\/head><body><p>x<\/p>/,
  );
});

Deno.test("mergeHead() replaces tags that stand for the same thing, and keeps the others", () => {
  equal(
    mergeHead(
      '<meta charset="utf-8"/><meta name="a" content="1"/>',
      '<meta name="a" content="2"/>',
    ),
    '<meta charset="utf-8"/><meta name="a" content="2"/>',
  );
  equal(
    mergeHead("<style>a{}</style>", "<style>b{}</style>"),
    "<style>a{}</style><style>b{}</style>",
  );
  equal(
    mergeHead('<link href="/a"/>', '<link href="/a"/><link href="/b"/>'),
    '<link href="/a"/><link href="/b"/>',
  );
});

Deno.test("scripts and styles carry the page's nonce, a new one for each page", async () => {
  const app = showing(
    <div>
      <script>1</script> <style>{"a{}"}</style>
    </div>,
  );
  const html = await text(app, "/p/q");
  const nonce = /<script nonce="([0-9a-f]{32})">1<\/script><style nonce="\1">/.exec(html)?.[1];
  match(await text(app, "/p/q"), new RegExp(`nonce="(?!${nonce})`));
});

Deno.test("local images are marked with the build, links and scripts are not", async () => {
  const html = await text(
    showing(
      <div>
        <img src="/i.png" srcset="/a.png 1x, https://x/b.png 2x" />
        <script src="/a.js" />
      </div>,
    ),
    "/p/q",
  );
  match(
    html,
    /src="\/i\.png\?__frsh_c=\w*" srcset="\/a\.png\?__frsh_c=\w* 1x, https:\/\/x\/b\.png 2x"/,
  );
  match(html, /<script src="\/a\.js" nonce/);
});

Deno.test("asset() marks local paths only", () => {
  match(asset("/a.css?x=1#y"), /^\/a\.css\?x=1&__frsh_c=\w*#y$/);
  equal(asset("https://example.com/a.css"), "https://example.com/a.css");
  match(assetSrcSet("/a.png 1x, b.png 2x"), /^\/a\.png\?__frsh_c=\w* 1x, b\.png 2x$/);
  equal(IS_BROWSER, false);
});

Deno.test("links to this page and to those above it are marked", async () => {
  const link = async (href: string) => {
    const html = await text(showing(<a href={href}>l</a>), "/p/q");
    return /<a href="[^"]*"(.*)>l/.exec(html)![1]!.trim();
  };
  equal(await link("/p/q"), 'data-current="true" aria-current="page"');
  equal(await link("/p/q?x=1"), 'data-current="true" aria-current="page"');
  equal(await link("/p"), 'data-ancestor="true" aria-current="true"');
  equal(await link("/"), 'data-ancestor="true" aria-current="true"');
  equal(await link("/p/q/r"), "");
  equal(await link("https://example.com/p"), "");
});

Deno.test("Partial renders its children", async () => {
  match(await text(showing(<Partial name="x">in</Partial>), "/p/q"), /<body>in<\/body>/);
});
