/**
 * Does a person get in with a token, go on where they were going, and get out again?
 */
import assert from "node:assert/strict";
import type { Page } from "puppeteer-core";
import { leads, shows, texts, useBrowser } from "../helpers/browser.ts";
import { judge, widthOf } from "../helpers/pages.ts";
import { shareService } from "../helpers/service_tests.ts";

const TOKEN = "browser-0123456789abcdef";
const LOG_OUT = "header form[action='/logout'] button";

const visit = useBrowser();
const service = shareService(undefined, undefined, { API_TOKENS: `ann:admin:${TOKEN}` });

/** Types a token on the page that asks for one; where that leads. */
async function logIn(page: Page, token: string): Promise<string> {
  assert.equal(new URL(page.url()).pathname, "/login");
  await page.type("#token", token);
  return (await leads(page, () => page.keyboard.press("Enter"))).pathname;
}

/** In the browser: the page is hidden, which ends its stream, and shown again. */
function hideAndShow() {
  for (const hidden of [true, false]) {
    Object.defineProperty(document, "hidden", { value: hidden, configurable: true });
    document.dispatchEvent(new Event("visibilitychange"));
  }
}

Deno.test("one logs in, after a mistake, to where one was going, publishes, and logs out", async () => {
  await visit(`${service().url}/dashboard/publish`, async (page) => {
    assert.equal(await logIn(page, "no-such-token-here"), "/login");
    await shows(page, "#token-wrong", "The token is not known");
    assert.deepEqual([await judge(page), await widthOf(page)], [[], 390]);
    assert.equal(await logIn(page, TOKEN), "/dashboard/publish");
    assert.equal(await widthOf(page), 390);
    assert.match(
      (await texts(page, "form.publish pre"))[0]!,
      /"Authorization: Bearer \$API_TOKEN"/,
    );
    await page.click("form.publish button.primary");
    await shows(page, ".verdict .pill", "stored");
    assert.equal((await leads(page, () => page.click(LOG_OUT))).pathname, "/login");
  }, { expected: /401/, width: 390 });
});

Deno.test("a page whose session has ended leads to the login, and is back after it", async () => {
  await visit(`${service().url}/dashboard/topics`, async (page) => {
    await logIn(page, TOKEN);
    await page.evaluate(() => fetch("/logout", { method: "POST" }).then(() => {}));
    await leads(page, () => page.evaluate(hideAndShow));
    assert.equal(await logIn(page, TOKEN), "/dashboard/topics");
  }, { expected: /401/ });
});

Deno.test("one logs in, publishes and logs out without scripts", async () => {
  await visit(`${service().url}/dashboard/publish`, async (page) => {
    await logIn(page, TOKEN);
    await leads(page, () => page.click("form.publish button.primary"));
    assert.match((await texts(page, ".verdict"))[0]!, /^stored app\.log\.hello/);
    assert.equal((await leads(page, () => page.click(LOG_OUT))).pathname, "/login");
  }, { scripts: false });
});
