import { deepEqual, equal, match } from "node:assert/strict";
import { ask, silently, text, withBuiltSite } from "./helpers.ts";

const COUNTER = `import { useSignal } from "@preact/signals";
  import { useState } from "preact/hooks";
  import { IS_BROWSER } from "fresh/runtime";
  export default function Counter({ count }) {
    const own = useSignal(1);
    const [n] = useState(0);
    return <b>{count}{own}{n}{IS_BROWSER && "browser"}</b>;
  }`;

Deno.test("a page with islands has their markers, props and scripts", async () => {
  await withBuiltSite({
    "islands/nav-bar.tsx": COUNTER,
    "islands/Many.tsx": `import Counter from "./nav-bar.tsx";
      export function Outer({ v }) { return <i>{v}<Counter count={v} /></i>; }
      export const notAnIsland = 1;`,
    "routes/index.tsx": `import Counter from "../islands/nav-bar.tsx";
      import { Outer } from "../islands/Many.tsx";
      import { signal } from "@preact/signals";
      const hoisted = <Outer key="k:1" v={7} />;
      export default () => {
        const count = signal(3);
        return <p><Counter count={count} /><Counter count={count} />{hoisted}</p>;
      };`,
    "routes/plain.tsx": "export default () => <p>plain</p>;",
  }, async (app) => {
    for (let i = 0; i < 2; i++) { // Twice: rendering must leave a constant element as it was.
      const response = await ask(app, "/");
      const html = await response.text();
      match(
        html,
        new RegExp(
          "<p><!--frsh:island:nav_bar:0:--><b>310</b><!--/frsh:island-->" +
            "<!--frsh:island:nav_bar:1:--><b>310</b><!--/frsh:island-->" +
            "<!--frsh:island:Outer:2:k_1--><i>7<b>710</b></i><!--/frsh:island--></p>",
        ),
      );
      const js = /import \{ boot \} from "(\/_fresh\/js\/[0-9a-f]{40}\/)fresh-runtime\.js"/
        .exec(html)![1]!;
      match(
        html,
        /<script type="module" nonce="[0-9a-f]{32}">import .*<\/script><\/body><\/html>$/,
      );
      equal(
        html.slice(html.indexOf("import nav_bar"), html.indexOf("</script>")),
        `import nav_bar from "${js}nav_bar.js";import { Outer } from "${js}Many.js";` +
          `boot({nav_bar,Outer},"[[1,6,9],{\\"slots\\":2,\\"props\\":3},[],{\\"count\\":4},` +
          `[\\"Signal\\",5],3,{\\"slots\\":7,\\"props\\":8},[],{\\"count\\":4},` +
          `{\\"slots\\":10,\\"props\\":11},[],{\\"v\\":12},7]");`,
      );
      const links = response.headers.get("link")!.split(", ");
      deepEqual(
        links,
        ["fresh-runtime", "nav_bar", "Many"].map((name) =>
          `<${js}${name}.js>; rel="modulepreload"; as="script"`
        ),
      );
      for (const link of links) {
        const script = await ask(app, /<(.*)>/.exec(link)![1]!);
        equal(script.headers.get("content-type"), "text/javascript; charset=UTF-8");
        equal(script.headers.get("cache-control"), "public, max-age=31536000, immutable");
        equal((await script.text()).includes("server"), false);
      }
    }
    equal((await text(app, "/plain")).includes("<script"), false);
  });
});

Deno.test("a text prop cannot end the script that carries it", async () => {
  await withBuiltSite({
    "islands/Show.tsx": "export default ({ v }) => <i>{v}</i>;",
    "routes/index.tsx": `import Show from "../islands/Show.tsx";
      export default () => <Show v="</script><!--" />;`,
  }, async (app) => {
    match(await text(app, "/"), /,\\"<\\\/script>\\u003C!--\\"\]"\);<\/script><\/body>/);
  });
});

Deno.test("a prop that cannot be sent fails the page", async () => {
  await withBuiltSite({
    "islands/Show.tsx": "export default () => null;",
    "routes/_error.tsx": "export default ({ error }) => String(error);",
    "routes/index.tsx": `import Show from "../islands/Show.tsx";
      export default () => <Show onDone={() => 1} />;`,
  }, async (app) => {
    const response = await silently(() => ask(app, "/"));
    equal(response.status, 500);
    match(await response.text(), /Error: Serializing functions is not supported\./);
  });
});
