import { deepEqual, equal, match, ok, rejects, throws } from "node:assert/strict";
import { App } from "fresh";
import { Builder } from "fresh/dev";
import { npmName } from "../../lib/fresh/bundle.ts";
import { uniqueName } from "../../lib/fresh/build.ts";
import { withSite } from "./helpers.ts";

const SITE = {
  "main.ts": `import { App, staticFiles } from "fresh";
    export const app = new App().use(staticFiles()).get("/mode", (ctx) => ctx.json(ctx.config))
      .fsRoutes();
    if (import.meta.main) await app.listen();`,
  "dev.ts": `import { App } from "fresh";
import { Builder } from "fresh/dev";
    const signal = AbortSignal.timeout(20_000);
    await new Builder({ root: import.meta.dirname }).listen(() => import("./main.ts"), { signal });`,
  "label.ts": "export const label = 'shared between islands';",
  "islands/One.tsx": `import { signal } from "@preact/signals";
    import { label } from "../label.ts";
    export default () => <p onClick={() => {}}>{label}{signal(1)}</p>;`,
  "islands/Two.tsx": `import { useState } from "preact/hooks";
    import { label } from "../label.ts";
    export default () => <p>{label}{useState(2)[0]}</p>;`,
  "routes/index.tsx": `import One from "../islands/One.tsx";
    import Two from "../islands/Two.tsx";
    const secret = "stays on the server";
    export default () => <div title={secret.slice(0, 5)}><One /><Two /></div>;`,
  "static/x.css": "p{}",
};

/** Runs a module of the site and hands over its address, which it prints. */
async function withServer(
  args: string[],
  cwd: string,
  body: (address: string) => Promise<void>,
): Promise<void> {
  const server = new Deno.Command(Deno.execPath(), {
    args,
    cwd,
    env: { NO_COLOR: "1" },
    stdout: "null",
    stderr: "piped",
  }).spawn();
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const read = async () => { // To its end, so that the process is never stopped by a full pipe.
    let output = "";
    for await (const chunk of server.stderr.pipeThrough(new TextDecoderStream())) {
      output += chunk;
      const address = /(http:\/\/[\w.:]+:\d+)\//.exec(output);
      if (address) resolve(address[1]!);
    }
    reject(new Error(`The server ended: ${output}`));
  };
  const reading = read();
  try {
    await body(await promise);
  } finally {
    server.kill();
    await reading;
    await server.status;
  }
}

Deno.test("build() writes a server that needs to read, and nothing of the server is bundled", async () => {
  await withSite(SITE, async (root) => {
    const builder = new Builder({ root });
    await builder.build();
    await Deno.mkdir(`${root}/_fresh/static/_fresh/js/earlier`);
    const attach = await builder.build();
    throws(() => attach(new App()), /build in memory/);
    const [buildId, ...others] = [...Deno.readDirSync(`${root}/_fresh/static/_fresh/js`)]
      .map(({ name }) => name);
    deepEqual(others, []);
    match(buildId!, /^[0-9a-f]{40}$/);

    const folder = `${root}/_fresh/static/_fresh/js/${buildId}`;
    const names = [...Deno.readDirSync(folder)].map(({ name }) => name).sort();
    deepEqual(names.filter((name) => !name.startsWith("chunk-")), [
      "One.js",
      "Two.js",
      "fresh-runtime.js",
    ]);
    const scripts = names.map((name) => Deno.readTextFileSync(`${folder}/${name}`));
    const holding = (text: string) => scripts.filter((script) => script.includes(text)).length;
    equal(holding("shared between islands"), 1);
    equal(holding("dangerouslySetInnerHTML"), 1, "one copy of Preact");
    equal(holding("stays on the server"), 0);
    ok(scripts.every((script) => script.split("\n").length < 5), "scripts are minified");

    const args = ["serve", "--allow-read=.", "--allow-env", "--port=0", "--host=127.0.0.1"];
    await withServer([...args, "_fresh/server.js"], root, async (address) => {
      const html = await (await fetch(address)).text();
      match(html, /<div title="stays"><!--frsh:island:One:0:-->/);
      const script = await fetch(`${address}/_fresh/js/${buildId}/One.js`);
      equal(script.headers.get("cache-control"), "public, max-age=31536000, immutable");
      await script.body!.cancel();
      const css = await fetch(`${address}/x.css`);
      match(css.headers.get("etag")!, /^W\/"/);
      equal(await css.text(), "p{}");
      const config = await (await fetch(`${address}/mode`)).json();
      equal(config.mode, "production");
    });
  });
});

Deno.test("listen() builds in memory and serves in development mode", async () => {
  await withSite(SITE, async (root) => {
    await withServer(["run", "-A", "dev.ts"], root, async (address) => {
      const config = await (await fetch(`${address}/mode`)).json();
      equal(config.mode, "development");
      const html = await (await fetch(address)).text();
      const script = await fetch(address + /import One from "(.*?)"/.exec(html)![1]!);
      match(await script.text(), /sourceMappingURL/);
    });
    await rejects(Deno.stat(`${root}/_fresh`), Deno.errors.NotFound);
  });
});

Deno.test("build() fails on an island that imports what does not exist", async () => {
  const files = { "islands/Bad.tsx": `import x from "./nowhere.ts"; export default () => x;` };
  await withSite(files, async (root) => {
    await rejects(new Builder({ root }).build({ snapshot: "memory" }), /nowhere\.ts/);
  });
});

Deno.test("npmName() leaves out the version", () => {
  equal(npmName("npm:/preact@10.29.1/hooks"), "preact/hooks");
  equal(npmName("npm:@preact/signals@^2.5.1"), "@preact/signals");
  equal(npmName("npm:uplot"), "uplot");
  equal(npmName("https://example.com/x.ts"), undefined);
});

Deno.test("uniqueName() makes identifiers and numbers repeats", () => {
  const taken = new Set<string>();
  deepEqual(["nav-bar", "nav_bar", "3d"].map((name) => uniqueName(name, taken)), [
    "nav_bar",
    "nav_bar_1",
    "_3d",
  ]);
});
