/**
 * Is what the dashboard gets bounded, and does the conservation law notice what breaks it?
 */
import assert from "node:assert/strict";
import { MAX_DASHBOARD_TOPICS } from "../lib/limits.ts";
import {
  forDashboard,
  isConsistent,
  type OwnNumbers,
  type Snapshot,
  type TopicNumbers,
  toSnapshot,
} from "../lib/snapshot.ts";
import { aggregatorStats } from "./helpers/aggregators.ts";

const topic = (name: string, second: number): TopicNumbers => ({
  topic: name,
  received: 3,
  unique_processed: 2,
  duplicate_dropped: 1,
  dead_letters: 0,
  stored: 2,
  expired: 0,
  retention_s: null,
  deduplicates_since: null,
  first_seen: "2026-11-22T09:00:00+00:00",
  last_seen: new Date(Date.UTC(2026, 10, 22, 9, 0, second)).toISOString(),
  rate: 0,
});

const snapshot = (by_topic: TopicNumbers[]): Snapshot => ({
  received: 3 * by_topic.length,
  unique_processed: 2 * by_topic.length,
  duplicate_dropped: by_topic.length,
  dead_letters: 0,
  stored: 2 * by_topic.length,
  expired: 0,
  topics: by_topic.map(({ topic }) => topic),
  uptime: 1,
  pending: 0,
  pending_bytes: 0,
  lag_ms: 0,
  aggregator: aggregatorStats(),
  aggregators: [aggregatorStats()],
  consistent: true,
  rates: { accepted: 0, received: 0, unique_processed: 0, duplicate_dropped: 0 },
  commit_latency: null,
  accept_latency: null,
  journal_bytes: 0,
  limits: { queue_max_events: 1, journal_max_bytes: 1 },
  draining: false,
  redeliveries: 0,
  queue: { kind: "local" },
  database: { version: "18.4", at: "embedded" },
  consumers: [],
  by_topic,
});

const NOTHING = { sources: [], recent_duplicates: [] };

Deno.test("forDashboard() keeps all topics where there are few", () => {
  const few = [topic("a", 2), topic("b", 1)];
  const { by_topic, topic_count } = forDashboard(snapshot(few), NOTHING, null);
  assert.deepEqual([by_topic, topic_count], [few, 2]);
});

Deno.test("forDashboard() keeps the topics that were seen last, by name", () => {
  const many = Array.from({ length: MAX_DASHBOARD_TOPICS + 3 }, (_, n) => topic(`t${n}`, n));
  const { by_topic, topic_count, received } = forDashboard(snapshot(many), NOTHING, null);
  assert.deepEqual(by_topic, many.slice(3));
  assert.deepEqual([topic_count, received], [many.length, 3 * many.length]);
});

Deno.test("isConsistent() holds the totals against their parts, and against the topics", () => {
  const { by_topic, ...totals } = snapshot([topic("a", 1), topic("b", 2)]);
  assert.ok(isConsistent(totals, by_topic));
  assert.ok(!isConsistent({ ...totals, unique_processed: totals.unique_processed + 1 }, by_topic));
  assert.ok(!isConsistent({ ...totals, dead_letters: 1 }, by_topic));
  assert.ok(!isConsistent(totals, by_topic.slice(1)));
  const shifted = by_topic.map((t) => ({ ...t, unique_processed: 3, duplicate_dropped: 0 }));
  assert.ok(!isConsistent(totals, shifted));
  const [a, b] = by_topic;
  const dead = { ...totals, received: totals.received + 1, dead_letters: 1 };
  assert.ok(isConsistent(dead, [{ ...a!, received: 4, dead_letters: 1 }, b!]));
  // The sums agree here, the topics do not.
  assert.ok(!isConsistent(dead, [{ ...a!, dead_letters: 1 }, { ...b!, received: 4 }]));
});

Deno.test("toSnapshot() sums what is pending over those that are not dead, of itself what it knows now", () => {
  const own = aggregatorStats({ pending: 1, pending_bytes: 10, lag_ms: 5 });
  const stale = { ...own, pending: 1_000, pending_bytes: 1_000, lag_ms: 1_000 };
  const other = (id: string, fields: Partial<typeof own>) => ({ ...own, id, ...fields });
  const live = other("b", { pending: 20, pending_bytes: 200, lag_ms: 7 });
  const draining = other("c", { state: "draining", pending: 300, pending_bytes: 3_000, lag_ms: 6 });
  const dead = other("d", { state: "dead", pending: 4_000, pending_bytes: 40_000, lag_ms: 99 });
  const { totals, numbers } = nothingCounted(own);
  const aggregators = [stale, live, draining, dead];
  const snapshot = toSnapshot({ totals, expired: 0, topics: [], aggregators }, numbers, never);
  const { pending, pending_bytes, lag_ms } = snapshot;
  assert.deepEqual([pending, pending_bytes, lag_ms], [321, 3_210, 7]);
  assert.deepEqual(snapshot.aggregator, own);
  assert.deepEqual(snapshot.aggregators, [own, live, draining, dead]);
});

Deno.test("toSnapshot() tells of itself where the registry does not, and of all in the order of their starts", () => {
  const own = aggregatorStats({ started_at: "2026-11-22T09:31:00.000Z" });
  const older = { ...own, id: "b", started_at: "2026-11-22T09:30:59.999+00:00" };
  const newer = { ...own, id: "c", started_at: "2026-11-22T09:31:00.001+00:00" };
  const { totals, numbers } = nothingCounted(own);
  const counters = { totals, expired: 0, topics: [], aggregators: [newer, older] };
  const { aggregators } = toSnapshot(counters, numbers, never);
  assert.deepEqual(aggregators, [older, own, newer]);
});

/** Where there are no topics. */
function never(): never {
  throw new Error("There are no topics");
}

Deno.test("toSnapshot() counts what is pending in a queue that others have put there, and did not live on", () => {
  const own = aggregatorStats({ pending: 5 });
  const dead = { ...own, id: "b", state: "dead" as const, pending: 7 };
  const { totals, numbers } = nothingCounted(own);
  const counters = { totals, expired: 0, topics: [], aggregators: [dead] };
  const pending = (pending_elsewhere: number) =>
    toSnapshot(counters, { ...numbers, pending_elsewhere }, never).pending;
  assert.deepEqual([pending(0), pending(7)], [5, 12]);
});

function nothingCounted(aggregator: OwnNumbers["aggregator"]) {
  const { received, unique_processed, duplicate_dropped, dead_letters, ...rest } = snapshot([]);
  const totals = { received, unique_processed, duplicate_dropped, dead_letters };
  return { totals, numbers: { ...rest, aggregator, pending_elsewhere: 0 } satisfies OwnNumbers };
}
