/**
 * The explorer as a browser without scripts uses it.
 */
import assert from "node:assert/strict";
import { EXPLORER_PAGE_EVENTS } from "../../lib/limits.ts";
import { events } from "../helpers/events.ts";
import type { Service } from "../helpers/service.ts";
import { useEmptiedService } from "../helpers/service_tests.ts";

const test = useEmptiedService();

async function open({ url }: Service, path: string) {
  const response = await fetch(url + path, { headers: { accept: "text/html" } });
  const html = await response.text();
  return {
    status: response.status,
    html,
    rows: [...html.matchAll(/<a data-row="?[^>]* href="([^"]*)"/g)],
  };
}

const unescape = (text: string) => text.replaceAll("&amp;", "&");

test("without events the page leads to where one is published", async (service) => {
  const { html } = await open(service, "/dashboard/events");
  assert.match(html, /No events yet<.*href="\/dashboard\/publish"/);
  assert.match((await open(service, "/dashboard/events?topic=a")).html, /No event matches/);
});

test("links lead through all events, page by page, filters kept", async (service) => {
  const many = 2 * EXPLORER_PAGE_EVENTS + 3;
  await service.publish([...events(many, { topic: "a.b" }), ...events(5, { topic: "c" })]);
  await service.settled();
  const seen = new Set<string>();
  let path: string | undefined = "/dashboard/events?topic=a.>&order=time_asc";
  let pages = 0;
  for (; path !== undefined; pages++) {
    const { html, rows } = await open(service, path);
    for (const [, href] of rows) seen.add(/seq=(\d+)/.exec(href!)![1]!);
    const [, next] = /class="button" href="([^"]+)"[^>]*>More events/.exec(html) ?? [];
    path = next && unescape(next);
  }
  assert.deepEqual([pages, seen.size], [3, many]);
});

test("a row leads to its details, with nothing of the event as HTML", async (service) => {
  const content = '"><script>alert(1)</script>';
  await service.publish(events(1, { topic: content, source: content, payload: { content } }));
  await service.settled();
  const { rows } = await open(service, "/dashboard/events");
  const { html } = await open(service, `/dashboard/events${unescape(rows[0]![1]!)}`);
  assert.match(html, /<dialog class="drawer"[^>]* open/);
  const markup = html.replace(/<script type="module"[^]*?<\/script>/g, "");
  assert.ok(!markup.includes("<script"));
  assert.ok(markup.split("&lt;script>alert(1)").length > 6, "it is shown in row and details");
});

test("bars of the histogram lead to their own time", async (service) => {
  const at = (time: string) => events(1, { timestamp: `2026-11-22T${time}Z` });
  await service.publish([...at("09:30:00"), ...at("09:30:30"), ...at("10:15:00")]);
  await service.settled();
  const { html } = await open(service, "/dashboard/events");
  const [, bar] = /<figure class="histogram">.*?<a href="([^"]+)"/.exec(html)!;
  const zoomed = await open(service, unescape(bar!));
  assert.equal(zoomed.rows.length, 2);
  assert.match(zoomed.html, /All times/);
});

test("a filter that cannot be is told at the top, beside the form", async (service) => {
  const { status, html } = await open(service, "/dashboard/events?from=yesterday");
  assert.equal(status, 400);
  assert.match(html, /role="alert">from must be ISO 8601/);
  assert.match(html, /name="from" value="yesterday"/);
});
