/**
 * Does the form publish, and say what came of it?
 */
import assert from "node:assert/strict";
import { shows, texts, useBrowser } from "../helpers/browser.ts";
import { shareService } from "../helpers/service_tests.ts";

const PATH = "/dashboard/publish";

const visit = useBrowser();
const service = shareService();

Deno.test("what is wrong is said at its field, which gets the focus", async () => {
  await visit(service().url + PATH, async (page) => {
    await page.click("#topic", { count: 3 });
    await page.keyboard.press("Backspace");
    await page.locator("#timestamp").fill("yesterday");
    await page.click("button.primary");
    await page.waitForSelector("#topic[aria-invalid=true]");
    assert.equal(await page.evaluate(() => document.activeElement?.id), "topic");
    assert.match((await texts(page, "#topic-wrong"))[0]!, /^Topic /);
    assert.match((await texts(page, "#timestamp-wrong"))[0]!, /ISO 8601/);
    assert.equal((await service().get("/stats")).received, 0);
  }, { expected: /422/ });
});

Deno.test("an event is stored, and a duplicate when it is sent again", async () => {
  await visit(service().url + PATH, async (page) => {
    const id = await page.$eval("#event_id", (input) => (input as HTMLInputElement).value);
    await page.click("button.primary");
    await shows(page, ".verdict .pill", "stored");
    await page.click("button.primary");
    await shows(page, ".verdict .pill", "duplicate");
    await page.click("::-p-text(New id and time)");
    await page.waitForFunction(
      (id) => document.querySelector<HTMLInputElement>("#event_id")!.value !== id,
      {},
      id,
    );
    await page.click("button.primary");
    await shows(page, ".verdict .pill", "stored");
    const [newest] = await service().get("/events?limit=2&order=asc");
    assert.equal(newest.event_id, id);
  });
});

Deno.test("a thousand events are sent at a click, with their verdicts", async () => {
  await visit(service().url + PATH, async (page) => {
    await page.click(".sample button");
    await shows(
      page,
      ".sample [role=status]",
      "1,000 events sent: 700 stored, 300 duplicates.",
    );
  });
});
