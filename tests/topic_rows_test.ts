/**
 * Do topics stand in the order, the groups and the sums that were asked for?
 */
import assert from "node:assert/strict";
import { toggled, topicRows, topicView } from "../lib/browser/topics.ts";
import type { TopicNumbers } from "../lib/snapshot.ts";

const topic = (name: string, stored: number, duplicates = 0, rate: number | null = 0) =>
  ({
    topic: name,
    received: stored + duplicates,
    unique_processed: stored,
    duplicate_dropped: duplicates,
    dead_letters: 0,
    stored,
    expired: 0,
    retention_s: null,
    deduplicates_since: null,
    first_seen: "2026-11-22T09:00:00Z",
    last_seen: new Date(Date.UTC(2026, 10, 22, 9, 0, stored % 60)).toISOString(),
    rate,
  }) satisfies TopicNumbers;

const TOPICS = [
  topic("app.log.a", 1, 5, 7),
  topic("app.log.b", 30, 1, 2),
  topic("app.trace", 4, 0, 1),
  topic("edge.jkt.metrics", 9, 2, 3),
  topic("cron", 20, 3, 4),
];

/** The rows of a query string, indented as they are shown. */
const rows = (search: string, topics: readonly TopicNumbers[] = TOPICS) =>
  topicRows(topics, topicView(new URLSearchParams(search)))
    .map(({ depth, label }) => " ".repeat(depth) + label);

Deno.test("topicRows() groups by dots, the largest first, and makes no group of one", () => {
  assert.deepEqual(rows(""), [
    "app.",
    " log.",
    "  b",
    "  a",
    " trace",
    "cron",
    "edge.jkt.metrics",
  ]);
});

Deno.test("topicRows() sums up each group, of all that is below it", () => {
  const [app, log] = topicRows(TOPICS, topicView(new URLSearchParams()));
  assert.deepEqual(
    [app!.group, app!.received, app!.stored, app!.duplicates, app!.rate],
    [3, 41, 35, 6, 10],
  );
  assert.deepEqual([log!.group, log!.stored, log!.rate], [2, 31, 9]);
  assert.equal(app!.lastSeen, TOPICS[1]!.last_seen);
});

Deno.test("topicRows() has the same sums where groups are closed", () => {
  const [open] = topicRows(TOPICS, topicView(new URLSearchParams()));
  const shown = topicRows(TOPICS, topicView(new URLSearchParams("closed=app.")));
  assert.deepEqual(shown.map(({ label }) => label), ["app.", "cron", "edge.jkt.metrics"]);
  assert.deepEqual(shown[0], open);
});

Deno.test("topicRows() does not know the rate of a group if that of one topic is not known", () => {
  const [group] = topicRows(
    [topic("a.x", 1, 0, null), topic("a.y", 1, 0, 5)],
    topicView(new URLSearchParams()),
  );
  assert.equal(group!.rate, null);
});

Deno.test("topicRows() sorts by each column, either way", () => {
  const flat = (sort: string) => rows(`flat=&sort=${sort}`).join(" ");
  assert.equal(flat("topic"), "app.log.a app.log.b app.trace cron edge.jkt.metrics");
  assert.equal(flat("-topic"), "edge.jkt.metrics cron app.trace app.log.b app.log.a");
  assert.equal(flat("stored"), "app.log.a app.trace edge.jkt.metrics cron app.log.b");
  assert.equal(flat("-rate"), "app.log.a cron edge.jkt.metrics app.log.b app.trace");
  assert.equal(flat("-duplicates"), "app.log.a cron edge.jkt.metrics app.log.b app.trace");
  assert.equal(flat("seen"), flat("stored"));
  assert.equal(flat("nonsense"), flat("-stored"));
});

Deno.test("topicRows() keeps what holds the filter, in any case", () => {
  assert.deepEqual(rows("flat=&filter=LOG."), ["app.log.b", "app.log.a"]);
  assert.deepEqual(rows("filter=nowhere"), []);
});

Deno.test("topicRows() copes with names of nothing but dots, and with very deep ones", () => {
  const odd = [topic("...", 1), topic("..", 2), topic(".", 3), topic("", 4)];
  assert.equal(topicRows(odd, topicView(new URLSearchParams("flat="))).length, 4);
  const names = topicRows(odd, topicView(new URLSearchParams()))
    .filter(({ group }) => group === undefined).map(({ name }) => name);
  assert.deepEqual(names.toSorted(), ["", ".", "..", "..."]);
  const deep = Array.from({ length: 120 }, (_, n) => topic(`${"a.".repeat(n)}b`, n));
  assert.equal(topicRows(deep, topicView(new URLSearchParams()))[0]!.group, 119);
});

Deno.test("toggled() opens and closes a group, whatever its name", () => {
  const view = (closed: string | null) =>
    topicView(new URLSearchParams(closed === null ? {} : { closed }));
  let closed: string | null = null;
  for (const name of ["app.", "a b.", "%."]) closed = toggled(view(closed), name);
  assert.deepEqual([...view(closed).closed], ["app.", "a b.", "%."]);
  for (const name of ["a b.", "%."]) closed = toggled(view(closed), name);
  assert.equal(closed, "app.");
  assert.equal(toggled(view(closed), "app."), null);
  assert.deepEqual([...topicView(new URLSearchParams({ closed: "%zz" })).closed], ["%zz"]);
});
