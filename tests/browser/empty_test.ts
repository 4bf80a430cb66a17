/**
 * What holds on each page while nothing has come.
 */
import assert from "node:assert/strict";
import { useBrowser } from "../helpers/browser.ts";
import { judge, PAGES, widthOf } from "../helpers/pages.ts";
import { shareService } from "../helpers/service_tests.ts";

const visit = useBrowser();
const service = shareService();

// What the API is does not depend on data.
for (const path of PAGES.filter((path) => path !== "/docs")) {
  Deno.test(`${path} without data passes axe, light and dark, and fits a phone`, async () => {
    await visit(service().url + path, async (page) => {
      assert.deepEqual(await judge(page), []);
    });
    await visit(service().url + path, async (page) => {
      assert.equal(await widthOf(page), 390);
    }, { width: 390 });
  });
}
