/**
 * Does the tail show each event once, through pauses, hidden tabs and restarts?
 */
import assert from "node:assert/strict";
import type { Page } from "puppeteer-core";
import { shows, texts, useBrowser } from "../helpers/browser.ts";
import { usePostgres } from "../helpers/database.ts";
import { event, events } from "../helpers/events.ts";
import { startService, temporaryDirectory } from "../helpers/service.ts";
import { shareService } from "../helpers/service_tests.ts";

const visit = useBrowser();
const postgres = usePostgres();
const service = shareService();

/** Events that tell their place, in their keys as well: of a delivery those are stored in order of key. */
function numbered(count: number, from: number, topic = "app.log") {
  return Array.from(
    { length: count },
    (_, n) =>
      event({
        topic,
        event_id: String(1_000 + from + n),
        payload: { content: `number ${from + n}` },
      }),
  );
}

/** Waits for so many rows; returns their contents, the first that came first. */
async function rowsOf(page: Page, count: number): Promise<string[]> {
  await page.waitForFunction(
    (count) => document.querySelectorAll(".tail .events li").length >= count,
    {},
    count,
  );
  return (await texts(page, ".tail .events .content")).reverse();
}

const contents = (count: number) => Array.from({ length: count }, (_, n) => `number ${n}`);

Deno.test("the tail shows what is stored without a reload, a repeat not again, and only what its filter lets through", async () => {
  const topic = "tail.shown";
  const first = numbered(2, 0, topic);
  await service().publish(first);
  await service().settled();
  await visit(`${service().url}/dashboard/tail?topic=tail.*`, async (page) => {
    assert.deepEqual(await rowsOf(page, 2), contents(2));
    await service().publish([...first, ...events(3, { topic: "other" })]);
    await service().settled();
    await service().publish(numbered(3, 2, topic));
    assert.deepEqual(await rowsOf(page, 5), contents(5));
  });
});

Deno.test("a paused tail stands still and misses nothing, even where the service is started again meanwhile", async () => {
  await using database = await postgres.database({ migrated: false });
  await using data = await temporaryDirectory();
  const env = { DATABASE_URL: database.url, DATA_DIR: data.path };
  await using first = await startService(env);
  await first.publish(numbered(3, 0));
  await first.settled();
  await visit(`${first.url}/dashboard/tail`, async (page) => {
    assert.deepEqual(await rowsOf(page, 3), contents(3));
    await page.keyboard.press("Space");
    await shows(page, ".tail-state", "paused");
    await first.publish(numbered(4, 3));
    await first.settled();
    await first.stop();
    await using second = await startService({ ...env, PORT: new URL(first.url).port });
    await second.publish(numbered(5, 7));
    await second.settled();
    await page.waitForSelector(".connection.live");
    assert.equal((await rowsOf(page, 3)).length, 3);
    await page.keyboard.press("Space");
    assert.deepEqual(await rowsOf(page, 12), contents(12));
    await second.publish(numbered(1, 12));
    assert.deepEqual(await rowsOf(page, 13), contents(13));
  }, { expected: /ERR_CONNECTION_REFUSED|ERR_INCOMPLETE_CHUNKED_ENCODING|ERR_CONNECTION_RESET/ });
});

Deno.test("an event of the tail opens by keyboard, and says all of itself", async () => {
  await service().publish(event({ topic: "tail.opened", payload: { content: "open me", n: 7 } }));
  await service().settled();
  await visit(`${service().url}/dashboard/tail?topic=tail.opened`, async (page) => {
    await page.keyboard.press("j");
    await page.keyboard.press("Enter");
    await page.waitForSelector("dialog.drawer[open]");
    assert.match((await texts(page, "dialog.drawer")).join(), /"n": 7/);
  });
});
