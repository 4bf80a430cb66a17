/**
 * Is the overview live, and does it do what its controls say?
 */
import assert from "node:assert/strict";
import type { HTTPResponse, Page } from "puppeteer-core";
import { count } from "../../lib/browser/format.ts";
import { shows, texts, useBrowser } from "../helpers/browser.ts";
import { usePostgres } from "../helpers/database.ts";
import { event, events } from "../helpers/events.ts";
import { fill, poison, publishRaw } from "../helpers/filled.ts";
import { compress } from "../helpers/requests.ts";
import { until } from "../helpers/service.ts";
import { shareService, useService } from "../helpers/service_tests.ts";

const visit = useBrowser();
const postgres = usePostgres();
const test = useService(postgres);
const filled = shareService(fill, postgres);

const topics = (page: Page) => texts(page, "td.name a");

test("the overview follows what is published without a reload, to the numbers of /stats", async (service) => {
  await visit(service.url, async (page) => {
    await page.evaluate(() => document.body.id = "same");
    const sent = events(200);
    await service.publish(sent);
    await shows(page, ".law .stored b", "200");
    await service.publish([...sent.slice(0, 50), ...events(3, { topic: "new.topic" })]);
    await publishRaw(service, poison("1"));
    const stats = await service.settled();
    await shows(page, ".law .figure b", count(stats.received));
    await shows(page, ".law .stored b", count(stats.unique_processed));
    await shows(page, ".law .duplicate b", count(stats.duplicate_dropped));
    await shows(page, ".law .dead b", count(stats.dead_letters));
    await shows(page, ".law .pending b", "0");
    assert.deepEqual([stats.received, stats.duplicate_dropped, stats.dead_letters], [254, 50, 1]);
    await page.waitForFunction(() =>
      [...document.querySelectorAll("td.name")].some(({ textContent }) =>
        textContent === "new.topic"
      )
    );
    assert.equal(await page.evaluate(() => document.body.id), "same");
  });
});

test("a page that is hidden ends its stream, and goes on when it is shown again", async (service) => {
  const streams = (wanted: number) =>
    until(
      async () => await (await fetch(`${service.url}/metrics`)).text(),
      (text) => text.includes(`\nsekali_streams ${wanted}\n`),
    );
  await visit(service.url, async (page) => {
    await streams(1);
    await setHidden(page, true);
    await streams(0);
    await service.publish(event());
    await service.settled();
    assert.deepEqual(await texts(page, ".law .stored b"), ["0"]);
    await setHidden(page, false);
    await streams(1);
    await shows(page, ".law .stored b", "1");
  });
  await streams(0);
});

/** Hides a page as the browser does when another tab is shown. */
async function setHidden(page: Page, hidden: boolean): Promise<void> {
  await page.evaluate((hidden) => {
    Object.defineProperty(document, "hidden", { value: hidden, configurable: true });
    document.dispatchEvent(new Event("visibilitychange"));
  }, hidden);
}

Deno.test("topics are filtered as one types, and the URL says so", async () => {
  await visit(filled().url, async (page) => {
    await page.type("[aria-label='Filter topics']", "PAY");
    await page.waitForFunction(() => location.search === "?filter=PAY");
    assert.deepEqual(await topics(page), ["shop.payments"]);
    await page.reload();
    assert.deepEqual(await topics(page), ["shop.payments"]);
  });
});

Deno.test("topics are sorted by click and by keyboard, and the URL says so", async () => {
  await visit(`${filled().url}/?flat`, async (page) => {
    const [heading] = await page.$$("th a");
    await heading!.click();
    await page.waitForSelector("th[aria-sort=ascending]");
    assert.equal(new URL(page.url()).searchParams.get("sort"), "topic");
    const upwards = await topics(page);
    assert.deepEqual(upwards, upwards.toSorted());
    await heading!.focus();
    await page.keyboard.press("Enter");
    await page.waitForSelector("th[aria-sort=descending]");
    assert.equal(new URL(page.url()).searchParams.get("sort"), "-topic");
    assert.deepEqual(await topics(page), upwards.toReversed());
  });
});

Deno.test("a group of topics is closed and opened by j and Enter, and the URL says so", async () => {
  await visit(`${filled().url}/?sort=topic`, async (page) => {
    const all = await topics(page);
    for (const key of ["j", "j", "Enter"]) await page.keyboard.press(key as "j");
    await page.waitForSelector("[aria-expanded=false]");
    assert.equal(new URL(page.url()).searchParams.get("closed"), "shop.");
    assert.deepEqual(await topics(page), all.slice(0, 2));
    await page.click("[aria-expanded=false]");
    await page.waitForSelector("[aria-expanded=true]");
    assert.deepEqual(await topics(page), all);
  });
});

Deno.test("the charts look back as far as one chooses, and the URL says so", async () => {
  await visit(filled().url, async (page) => {
    await page.click(".segments a[href*='15m']");
    await page.waitForSelector("[aria-label='Throughput, −15 min to now']");
    assert.equal(new URL(page.url()).searchParams.get("window"), "15m");
  });
});

Deno.test("all scripts of the overview are less than 80 KiB, gzipped", async () => {
  const scripts: HTTPResponse[] = [];
  await visit(filled().url, async () => {
    let size = 0;
    for (const script of scripts) {
      const bytes = Uint8Array.from(await script.content());
      size += (await compress(bytes, "gzip")).length;
    }
    assert.ok(scripts.length > 1);
    assert.ok(size < 80 * 1024, `${size} bytes`);
  }, {
    prepare: (page) =>
      Promise.resolve(page.on("response", (response) => {
        if (response.request().resourceType() === "script") scripts.push(response);
      })),
  });
});
