/**
 * Does each page come to life without a complaint?
 */
import { useBrowser } from "../helpers/browser.ts";
import { PAGES } from "../helpers/pages.ts";
import { shareService } from "../helpers/service_tests.ts";

const visit = useBrowser();
const service = shareService();

for (const path of PAGES) {
  Deno.test(`${path} comes to life while nothing has come, and logs nothing`, async () => {
    await visit(service().url + path, async () => {});
  });
}
