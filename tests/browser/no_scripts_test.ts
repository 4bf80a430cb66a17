/**
 * Is the dashboard of use without scripts?
 */
import assert from "node:assert/strict";
import { leads, texts, useBrowser } from "../helpers/browser.ts";
import { fill } from "../helpers/filled.ts";
import { shareService } from "../helpers/service_tests.ts";

const visit = useBrowser();
const service = shareService(fill);

/** What each page shows, in order. */
const CONTENTS: readonly [path: string, selector: string, texts: readonly string[]][] = [
  ["/", ".law .figure b", ["127", "100", "25", "2", "0"]],
  ["/", ".topics td:nth-child(4)", ["75", "50", "25", "25", "25", "0", "25"]],
  ["/dashboard/topics", "td:nth-child(4)", ["75", "50", "25", "25", "25", "0", "25"]],
  ["/dashboard/events?topic=cron", ".events .topic", Array(25).fill("cron")],
  ["/dashboard/dead-letters", ".letter summary .key", ["shop.refused 2", "shop.refused 1"]],
  ["/dashboard/publish", "button.primary", ["Publish"]],
  ["/docs", "h1", ["API"]],
];

for (const [path, selector, expected] of CONTENTS) {
  Deno.test(`${path} shows its ${selector} without scripts`, async () => {
    await visit(service().url + path, async (page) => {
      assert.deepEqual(await texts(page, selector), expected);
    }, { scripts: false });
  });
}

Deno.test("an event is published without scripts", async () => {
  await visit(`${service().url}/dashboard/publish`, async (page) => {
    await leads(page, () => page.click("button.primary"));
    assert.match((await texts(page, ".verdict"))[0]!, /^stored/i);
  }, { scripts: false });
});

Deno.test("topics are sorted and filtered without scripts", async () => {
  await visit(`${service().url}/?flat`, async (page) => {
    await leads(page, () => page.click("th a[href*='sort=topic']"));
    const names = await texts(page, ".topics td.name");
    assert.deepEqual(names, names.toSorted());
    await page.type("[name=filter]", "refused");
    await leads(page, () => page.keyboard.press("Enter"));
    assert.deepEqual(await texts(page, ".topics td.name a"), ["shop.refused"]);
  }, { scripts: false });
});

Deno.test("an event is found and opened without scripts", async () => {
  await visit(`${service().url}/dashboard/events`, async (page) => {
    await page.type("#filter-source", "gateway-2");
    await leads(page, () => page.click("button.primary"));
    await leads(page, () => page.click(".events a"));
    assert.match((await texts(page, "dialog[open] pre"))[0]!, /"gateway-2"/);
  }, { scripts: false });
});

Deno.test("a dead letter is deleted without scripts", async () => {
  await visit(`${service().url}/dashboard/dead-letters`, async (page) => {
    await page.click(".letter summary");
    await page.click(".letter .danger");
    await leads(page, () => page.click(".letter button[value=delete]"));
    assert.match((await texts(page, ".banner"))[0]!, /1 dead letter is deleted/);
  }, { scripts: false });
});
