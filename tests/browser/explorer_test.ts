/**
 * Does the explorer find, page, zoom, show and save events?
 */
import assert from "node:assert/strict";
import type { Page } from "puppeteer-core";
import { leads, shows, texts, useBrowser } from "../helpers/browser.ts";
import { event } from "../helpers/events.ts";
import { shareService } from "../helpers/service_tests.ts";

const ALL = 250;

const visit = useBrowser();
/** An event a minute; every fifth of a topic of its own. */
const service = shareService(async (service) => {
  const start = Date.parse("2026-11-22T09:00:00Z");
  await service.publish(Array.from({ length: ALL }, (_, n) =>
    event({
      event_id: `event-${n}`,
      topic: n % 5 === 0 ? "app.pay" : "app.log",
      timestamp: new Date(start + n * 60_000).toISOString(),
      payload: { content: `Number ${n}`, metadata: { n } },
    })));
  await service.settled();
});

const explorer = (query = "") => `${service().url}/dashboard/events${query}`;

/** Links of all rows: each names its event. */
const rows = (page: Page) => page.$$eval("ol.events a", (links) => links.map(({ href }) => href));

Deno.test("the filter finds events, and the URL says what it was", async () => {
  await visit(explorer(), async (page) => {
    await page.type("#filter-topic", "app.pay");
    await page.type("#filter-q", "Number 20");
    const url = await leads(page, () => page.click("button.primary"));
    assert.deepEqual(
      [url.searchParams.get("topic"), url.searchParams.get("q")],
      ["app.pay", "Number 20"],
    );
    const found = await texts(page, "ol.events .topic");
    assert.deepEqual(found, ["app.pay", "app.pay", "app.pay"].slice(0, found.length));
    assert.equal(
      await page.$eval("#filter-topic", (input) => (input as HTMLInputElement).value),
      "app.pay",
    );
    await leads(page, () => page.click(".submit a"));
    assert.equal(
      await page.$eval("#filter-topic", (input) => (input as HTMLInputElement).value),
      "",
    );
  });
});

Deno.test("scrolled on and on, the list holds all events, each once", async () => {
  await visit(explorer(), async (page) => {
    const first = (await rows(page)).length;
    assert.ok(first < ALL);
    await page.waitForFunction(
      (all) => {
        scrollTo(0, document.body.scrollHeight);
        return document.querySelectorAll("ol.events a").length >= all;
      },
      {},
      ALL,
    );
    const seen = (await rows(page)).map((href) => new URL(href).searchParams.get("seq"));
    assert.deepEqual([seen.length, new Set(seen).size], [ALL, ALL]);
  });
});

Deno.test("a stretch of the histogram that is brushed becomes the page's time", async () => {
  await visit(explorer(), async (page) => {
    const { x, y, width, height } = (await (await page.$(".histogram svg"))!.boundingBox())!;
    const url = await leads(page, async () => {
      await page.mouse.move(x + width * 0.25, y + height / 2);
      await page.mouse.down();
      await page.mouse.move(x + width * 0.5, y + height / 2, { steps: 3 });
      await page.waitForSelector(".brush");
      await page.mouse.up();
    });
    const [from, to] = [url.searchParams.get("from")!, url.searchParams.get("to")!];
    const times = await page.$$eval(
      "ol.events time",
      (times) => times.map(({ dateTime }) => dateTime),
    );
    assert.ok(times.length > 0);
    for (const time of times) {
      assert.ok(Date.parse(from) <= Date.parse(time) && Date.parse(time) < Date.parse(to), time);
    }
    await leads(page, () => page.click(".tools a"));
    assert.equal(new URL(page.url()).searchParams.get("from"), null);
  });
});

Deno.test("a row opens its event by click, and Escape closes it", async () => {
  await visit(explorer("?order=asc"), async (page) => {
    await page.click("ol.events a");
    await page.waitForSelector("dialog.drawer[open]");
    assert.match(await page.$eval("dialog.drawer", (drawer) => drawer.innerText), /event-0\b/);
    const json = await page.$eval("dialog.drawer pre", (pre) => pre.innerText);
    assert.deepEqual(JSON.parse(json).payload, { content: "Number 0", metadata: { n: 0 } });
    assert.ok(json.split("\n").length > 3, json);
    assert.ok(new URL(page.url()).searchParams.has("seq"));
    await page.keyboard.press("Escape");
    await page.waitForSelector("dialog.drawer", { hidden: true });
    await page.waitForFunction(() => !new URLSearchParams(location.search).has("seq"));
  });
});

Deno.test("j, k and Enter open an event", async () => {
  await visit(explorer("?order=asc"), async (page) => {
    for (const key of ["j", "j", "j", "k", "Enter"]) await page.keyboard.press(key as "j");
    await page.waitForSelector("dialog.drawer[open]");
    assert.match(await page.$eval("dialog.drawer", (drawer) => drawer.innerText), /event-1\b/);
  });
});

Deno.test("an open event's JSON, key and curl are copied", async () => {
  await visit(explorer("?order=asc"), async (page) => {
    await page.click("ol.events a");
    const copied = async (label: string, at: number) => {
      const button = `.drawer .copy:nth-of-type(${at})`;
      await shows(page, button, label);
      await page.locator(button).click(); // once the drawer stands still
      await shows(page, button, "Copied");
      return await page.evaluate(() => navigator.clipboard.readText());
    };
    const stored = await service().get("/events/app.pay/event-0");
    assert.deepEqual(JSON.parse(await copied("Copy JSON", 1)), stored);
    assert.equal(await copied("Copy key", 2), "app.pay event-0");
    assert.equal(await copied("Copy curl", 3), `curl '${service().url}/events/app.pay/event-0'`);
  }, { permissions: ["clipboard-read", "clipboard-sanitized-write"] });
});

Deno.test("what the filter finds is saved as NDJSON and CSV", async () => {
  await visit(explorer("?topic=app.pay"), async (page) => {
    const links = await page.$$eval(".tools .end a", (links) => links.map(({ href }) => href));
    const [ndjson, csv] = await Promise.all(links.map(async (href) => {
      const response = await fetch(href);
      return (await response.text()).trim().split("\n");
    }));
    assert.equal(ndjson!.length, ALL / 5);
    assert.ok(ndjson!.every((line) => JSON.parse(line).topic === "app.pay"));
    assert.equal(csv!.length, 1 + ALL / 5);
    assert.match(csv![0]!, /event_id/);
  });
});
