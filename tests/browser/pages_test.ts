/**
 * What holds on each page, with data.
 */
import assert from "node:assert/strict";
import { useBrowser } from "../helpers/browser.ts";
import { fill } from "../helpers/filled.ts";
import { judge, PAGES, TOPIC_PAGE, widthOf } from "../helpers/pages.ts";
import { shareService } from "../helpers/service_tests.ts";

const visit = useBrowser();
const service = shareService(fill);

for (const path of [...PAGES, TOPIC_PAGE]) {
  Deno.test(`${path} fits a phone: nothing scrolls sideways`, async () => {
    await visit(service().url + path, async (page) => {
      assert.equal(await widthOf(page), 390);
    }, { width: 390 });
  });

  Deno.test(`${path} stays where it is when its islands come alive, and passes axe, light and dark`, async () => {
    await visit(service().url + path, async (page) => {
      const moved = await page.evaluate(() => (globalThis as unknown as { moved: number }).moved);
      assert.ok(moved < 0.02, `moved by ${moved}`);
      assert.deepEqual(await judge(page), []);
    }, {
      prepare: (page) =>
        page.evaluateOnNewDocument(() => {
          const page = globalThis as unknown as { moved: number };
          page.moved = 0;
          new PerformanceObserver((list) => {
            for (const entry of list.getEntries()) {
              page.moved += (entry as PerformanceEntry & { value: number }).value;
            }
          }).observe({ type: "layout-shift", buffered: true });
        }),
    });
  });
}

Deno.test("a script without the page's nonce is a problem, and so is what the page logs", async () => {
  const { url } = service();
  await assert.rejects(
    visit(url, async (page) => {
      await page.evaluate(() => {
        const script = document.createElement("script");
        script.textContent = "1";
        document.body.append(script);
      });
    }),
    /violates .* Content Security Policy/,
  );
  await assert.rejects(visit(url, (page) => page.evaluate(() => console.warn("mind"))), /mind/);
  await assert.rejects(
    visit(url, async (page) => {
      await page.evaluate(() => fetch("/nothing").then(() => {}));
    }),
    /404/,
  );
});

Deno.test("a visit finds nothing that an earlier one left in the browser", async () => {
  const kept = () => [document.cookie, localStorage.length, sessionStorage.length];
  const { url } = service();
  await visit(url, async (page) => {
    await page.evaluate(() => {
      document.cookie = "theme=dark; path=/";
      localStorage.left = sessionStorage.left = "behind";
    });
    assert.deepEqual(await page.evaluate(kept), ["theme=dark", 1, 1]);
  });
  await visit(url, async (page) => assert.deepEqual(await page.evaluate(kept), ["", 0, 0]));
});
