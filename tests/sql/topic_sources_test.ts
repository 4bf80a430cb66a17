/**
 * Does it tell who sends on a topic and how their clocks go, with bounded work?
 */
import assert from "node:assert/strict";
import { MAX_SOURCE_EVENTS, MAX_TOPIC_SOURCES } from "../../lib/limits.ts";
import { SKEW_BOUNDS_MS } from "../../lib/sql/limits.ts";
import type { Sql } from "../../lib/sql/connect.ts";
import { readTopicSources } from "../../lib/sql/topic_sources.ts";
import { usePostgres } from "../helpers/database.ts";

const postgres = usePostgres();

/** When everything is received here. */
const RECEIVED = Date.parse("2026-11-22T09:30:00Z");

/** Stores events of a source with the given skews, milliseconds. */
async function store(sql: Sql, source: string, skews: readonly number[], topic = "t") {
  const rows = skews.map((skew) => ({
    event_id: crypto.randomUUID(),
    timestamp: new Date(RECEIVED - skew).toISOString(),
  }));
  await sql`
    insert into processed_events (event_id, topic, timestamp, source, payload, received_at)
    select event_id, ${topic}, timestamp, ${source}, '{}', ${new Date(RECEIVED)}
    from json_to_recordset(${JSON.stringify(rows)}::text::json)
      as r (event_id text, timestamp timestamptz)`;
}

Deno.test("readTopicSources() of nothing has no sources and no skew", async () => {
  await using database = await postgres.database();
  await store(database.sql, "s", [1], "other");
  assert.deepEqual(await readTopicSources(database.sql, "t"), {
    sampled: 0,
    complete: true,
    source_count: 0,
    sources: [],
    skew: null,
  });
});

Deno.test("readTopicSources() tells each source's events and skew, the largest first", async () => {
  await using database = await postgres.database();
  await store(database.sql, "few", [-3_000, 0]);
  await store(database.sql, "many", [100, 200, 300, 400, 10_000]);
  await store(database.sql, "elsewhere", [1], "other");
  const { sampled, complete, source_count, sources, skew } = await readTopicSources(
    database.sql,
    "t",
  );
  assert.deepEqual({ sampled, complete, source_count }, {
    sampled: 7,
    complete: true,
    source_count: 2,
  });
  assert.deepEqual(sources.map(({ last_seen: _, ...source }) => source), [
    {
      source: "many",
      events: 5,
      skew: { min_ms: 100, median_ms: 300, p95_ms: 8_080, max_ms: 10_000, ahead: 0 },
    },
    {
      source: "few",
      events: 2,
      skew: { min_ms: -3_000, median_ms: -1_500, p95_ms: -150, max_ms: 0, ahead: 1 },
    },
  ]);
  assert.ok(sources.every(({ last_seen }) => Date.parse(last_seen) === RECEIVED));
  assert.deepEqual([skew!.min_ms, skew!.median_ms, skew!.max_ms, skew!.ahead], [
    -3_000,
    200,
    10_000,
    1,
  ]);
});

Deno.test("readTopicSources() puts every event into one interval, its lower bound included", async () => {
  await using database = await postgres.database();
  await store(database.sql, "s", [-1, 0, 99, 100, 3_600_000, 1e12]);
  const { skew } = await readTopicSources(database.sql, "t");
  assert.deepEqual(skew!.distribution.map(({ below_ms }) => below_ms), [...SKEW_BOUNDS_MS, null]);
  assert.deepEqual(skew!.distribution.map(({ events }) => events), [1, 2, 1, 0, 0, 0, 2]);
});

Deno.test("readTopicSources() takes no event of the same millisecond for one from the future", async () => {
  await using database = await postgres.database();
  await database.sql`
    insert into processed_events (event_id, topic, timestamp, source, payload, received_at)
    values ('1', 't', '2026-11-22T09:30:00.123456Z', 's', '{}', '2026-11-22T09:30:00.123Z')`;
  const { skew } = await readTopicSources(database.sql, "t");
  assert.deepEqual([skew!.min_ms, skew!.ahead], [0, 0]);
});

Deno.test("readTopicSources() can tell of the first and the last year there are", async () => {
  await using database = await postgres.database();
  await database.sql`
    insert into processed_events (event_id, topic, timestamp, source, payload, received_at)
    values ('1', 't', '0001-01-01T00:00:00Z', 's', '{}', now()),
      ('2', 't', '9999-12-31T23:59:59Z', 's', '{}', now())`;
  const { skew } = await readTopicSources(database.sql, "t");
  assert.equal(skew!.ahead, 1);
  assert.ok(Number.isSafeInteger(skew!.min_ms) && Number.isSafeInteger(skew!.max_ms));
});

Deno.test("readTopicSources() looks at the latest events only, and names few sources", async () => {
  await using database = await postgres.database();
  await store(database.sql, "old", [1, 1, 1]);
  await database.sql`
    insert into processed_events (event_id, topic, timestamp, source, payload, received_at)
    select n::text, 't', now(), 's' || n % ${MAX_TOPIC_SOURCES + 5}::int, '{}', now()
    from generate_series(1, ${MAX_SOURCE_EVENTS}::int) n`;
  const { sampled, complete, source_count, sources } = await readTopicSources(database.sql, "t");
  assert.equal(sampled, MAX_SOURCE_EVENTS);
  assert.equal(complete, false);
  assert.equal(source_count, MAX_TOPIC_SOURCES + 5);
  assert.equal(sources.length, MAX_TOPIC_SOURCES);
  assert.ok(!sources.some(({ source }) => source === "old"));
});
