/**
 * What the frame of every page does: theme, search, help.
 */
import assert from "node:assert/strict";
import { leads, shows, useBrowser } from "../helpers/browser.ts";
import { shareService } from "../helpers/service_tests.ts";

const visit = useBrowser();
const service = shareService();

Deno.test("the theme goes from system to light to dark, and a reload keeps it from the first frame on", async () => {
  await visit(service().url, async (page) => {
    const theme = () => page.evaluate(() => document.documentElement.dataset["theme"]);
    const paper = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
    const light = await paper();
    assert.equal(await theme(), "system");
    await page.click("button.theme");
    await shows(page, "button.theme", "☀");
    assert.deepEqual([await theme(), await paper()], ["light", light]);
    await page.click("button.theme");
    await shows(page, "button.theme", "☾");
    assert.equal(await theme(), "dark");
    assert.notEqual(await paper(), light);
    await page.evaluateOnNewDocument(() => {
      const seen: (string | undefined)[] = [];
      Object.assign(globalThis, { seen });
      new MutationObserver(() => {
        const theme = document.documentElement?.dataset["theme"];
        if (theme !== seen.at(-1)) seen.push(theme);
      }).observe(document, { attributes: true, childList: true, subtree: true });
    });
    await leads(page, () => page.reload());
    assert.deepEqual(
      await page.evaluate(() => (globalThis as unknown as { seen: string[] }).seen),
      ["dark"],
    );
    await shows(page, "button.theme", "☾");
  });
});

Deno.test("/ leads to the search, and the search to the events", async () => {
  await visit(`${service().url}/dashboard/publish`, async (page) => {
    await page.keyboard.press("/");
    await page.keyboard.type("hello?");
    const { pathname, search } = await leads(page, () => page.keyboard.press("Enter"));
    assert.equal(pathname + search, "/dashboard/events?q=hello%3F");
    assert.equal(await page.$eval("input[type=search]", (input) => input.value), "hello?");
  });
});

Deno.test("? opens the help, and Escape closes it; where one types it is a letter", async () => {
  await visit(service().url, async (page) => {
    await page.keyboard.press("?");
    await page.waitForSelector("dialog.shortcuts[open]");
    await page.keyboard.press("Escape");
    await page.waitForSelector("dialog.shortcuts:not([open])");
    await page.focus("header [type=search]");
    await page.keyboard.press("?");
    assert.equal(await page.$eval("header input[type=search]", (input) => input.value), "?");
    assert.equal(await page.$("dialog[open]"), null);
  });
});

Deno.test("on a phone every page is on the screen, to be led to", async () => {
  await visit(service().url, async (page) => {
    const ends = await page.$$eval(
      "header nav a",
      (links) => links.map((link) => [link.textContent, link.getBoundingClientRect().right]),
    );
    assert.ok(ends.length > 0);
    for (const [name, right] of ends) assert.ok(Number(right) <= 340, `${name} ends at ${right}`);
  }, { width: 340 });
});
