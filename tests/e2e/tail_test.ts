/**
 * The tail as a browser without scripts uses it, and what it hands to one with scripts.
 */
import assert from "node:assert/strict";
import { TAIL_PAGE_EVENTS } from "../../lib/limits.ts";
import { events } from "../helpers/events.ts";
import type { Service } from "../helpers/service.ts";
import { useEmptiedService } from "../helpers/service_tests.ts";
import { openStream } from "../helpers/stream.ts";

const test = useEmptiedService();

async function open({ url }: Service, path: string) {
  const response = await fetch(url + path, { headers: { accept: "text/html" } });
  const html = await response.text();
  return {
    status: response.status,
    html,
    seqs: [...html.matchAll(/<a data-row="?[^>]* href="[^"]*seq=(\d+)"/g)].map(([, seq]) =>
      Number(seq)
    ),
  };
}

/** The seq of what is stored last. */
async function latestSeq(service: Service): Promise<number> {
  const [{ seq }] = await service.get("/events?limit=1");
  return Number(seq);
}

test("without events the tail says how to begin, or that it waits", async (service) => {
  assert.match((await open(service, "/dashboard/tail")).html, /No events yet/);
  const filtered = await open(service, "/dashboard/tail?topic=app.>&source=");
  assert.match(filtered.html, /No event matches yet/);
  assert.equal(filtered.status, 200);
});

test("the tail shows the latest events first, and leads to those before", async (service) => {
  await service.publish(events(TAIL_PAGE_EVENTS + 5, { topic: "app.log" }));
  await service.settled();
  const { html, seqs } = await open(service, "/dashboard/tail?topic=app.*");
  const latest = await latestSeq(service);
  assert.deepEqual(seqs, Array.from({ length: TAIL_PAGE_EVENTS }, (_, n) => latest - n));
  assert.match(html, /<a class="button" href="\/dashboard\/events\?topic=app\.\*">More events/);
  assert.match(html, /<div role="log" aria-live="off"/);
});

test("the tail filters by topic and source, and keeps what was asked in its form", async (service) => {
  await service.publish([
    ...events(2, { topic: "app.log.a", source: "one" }),
    ...events(3, { topic: "app.log.b", source: "two" }),
    ...events(4, { topic: "cron", source: "two" }),
  ]);
  await service.settled();
  const { html, seqs } = await open(service, "/dashboard/tail?topic=app.log.*&source=two");
  assert.equal(seqs.length, 3);
  assert.match(html, /name="topic" value="app\.log\.\*"/);
  assert.match(html, /name="source" value="two"/);
  assert.match(html, /<option value="cron"/);
});

test("a row of the tail leads to its details, with nothing of the event as HTML", async (service) => {
  const content = '"><script>alert(1)</script>';
  await service.publish(events(1, { topic: content, source: content, payload: { content } }));
  await service.settled();
  const { html } = await open(service, `/dashboard/tail?seq=${await latestSeq(service)}`);
  assert.match(html, /<dialog class="drawer" [^>]*open/);
  const [before] = html.split('<script type="module"');
  assert.doesNotMatch(before!, /<script/i);
});

test("the tail shows nothing beyond where its stream goes on", async (service, { sql }) => {
  await service.publish(events(3));
  await service.settled();
  const latest = await latestSeq(service);
  await using follower = await openStream(service.url, "types=event");
  await follower.until(({ id }) => id === String(latest));
  await using tx = await sql.open();
  // It has its id, and a lower seq than those that are given out from now on.
  await tx`select pg_current_xact_id(), nextval(pg_get_serial_sequence('processed_events', 'seq'))`;
  await service.publish(events(2));
  await service.settled();
  assert.deepEqual((await open(service, "/dashboard/tail")).seqs, [latest, latest - 1, latest - 2]);
  await tx.commit();
});

test("a filter that is none is told so on the page", async (service) => {
  const { status, html } = await open(service, "/dashboard/tail?from=2026-11-22");
  assert.equal(status, 400);
  assert.match(html, /role="alert">from is not known here/);
});
