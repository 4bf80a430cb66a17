/**
 * Are dead letters replayed and deleted as one clicks?
 */
import assert from "node:assert/strict";
import type { Page } from "puppeteer-core";
import { leads, texts, useBrowser } from "../helpers/browser.ts";
import { usePostgres } from "../helpers/database.ts";
import { event } from "../helpers/events.ts";
import { poison, publishRaw } from "../helpers/filled.ts";
import { judge } from "../helpers/pages.ts";
import { useService } from "../helpers/service_tests.ts";

const visit = useBrowser();
const test = useService(usePostgres());

const PATH = "/dashboard/dead-letters";

/** Opens the first letter, asks for something, and confirms it. */
async function act(page: Page, verb: "Replay" | "Delete"): Promise<string> {
  await page.click("summary[data-row]");
  await page.click(`.letter ::-p-text(${verb}…)`);
  await leads(page, () => page.click(`.letter button[value=${verb.toLowerCase()}]`));
  return (await texts(page, ".banner"))[0]!;
}

test(
  "a dead letter is replayed, stored once its event is good, and gone",
  async (service, { sql }) => {
    await publishRaw(service, poison("1"));
    await service.settled();
    await visit(service.url + PATH, async (page) => {
      assert.match(await act(page, "Replay"), /1 event was refused again/);
      await sql`update dead_letters set event = ${JSON.stringify(event({ event_id: "1" }))}`;
      assert.match(await act(page, "Replay"), /1 event is stored now/);
      assert.deepEqual(await texts(page, ".letter"), []);
    });
    assert.equal((await service.get("/events")).length, 1);
  },
);

test("a dead letter is deleted only once that is confirmed", async (service) => {
  await publishRaw(service, poison("1"));
  await service.settled();
  await visit(service.url + PATH, async (page) => {
    await page.keyboard.press("j");
    await page.keyboard.press("Enter");
    await page.waitForSelector(".letter[open]");
    await page.click(".letter ::-p-text(Delete…)");
    assert.deepEqual(await judge(page), []);
    assert.equal((await service.get("/dead-letters")).length, 1);
    await page.reload();
    assert.match(await act(page, "Delete"), /1 dead letter is deleted/);
  });
  assert.equal((await service.get("/dead-letters")).length, 0);
});
