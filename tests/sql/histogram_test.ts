/**
 * Does a histogram count what the same filter finds, each event in its interval, with bounded work?
 */
import assert from "node:assert/strict";
import type { Event } from "../../lib/event.ts";
import { MAX_HISTOGRAM_EVENTS } from "../../lib/limits.ts";
import { MAX_HISTOGRAM_BUCKETS } from "../../lib/sql/limits.ts";
import { apply } from "../../lib/sql/apply.ts";
import type { Sql } from "../../lib/sql/connect.ts";
import { readHistogram } from "../../lib/sql/histogram.ts";
import { usePostgres } from "../helpers/database.ts";
import { entry } from "../helpers/entries.ts";
import { event } from "../helpers/events.ts";

const postgres = usePostgres();

async function store(sql: Sql, sent: readonly Event[]) {
  await apply(sql, "00000000-0000-4000-8000-000000000001", 1, [entry(1, sent)]);
}

const at = (time: string, fields: Partial<Event> = {}) =>
  event({ timestamp: `2026-11-22T${time}Z`, ...fields });

Deno.test("readHistogram() of nothing has no intervals", async () => {
  await using database = await postgres.database();
  assert.deepEqual(await readHistogram(database.sql, {}), {
    from: null,
    step_ms: 0,
    counts: [],
    total: 0,
    complete: true,
  });
});

Deno.test("readHistogram() counts each event in its interval, which begins at a round time", async () => {
  await using database = await postgres.database();
  await store(database.sql, [at("09:30:07"), at("09:30:59.999"), at("09:31:00"), at("10:00:00")]);
  const { from, step_ms, counts, total } = await readHistogram(database.sql, {});
  assert.deepEqual([Date.parse(from!), step_ms, total], [
    Date.parse("2026-11-22T09:30:00Z"),
    60_000,
    4,
  ]);
  assert.deepEqual(counts, [2, 1, ...Array(28).fill(0), 1]);
});

Deno.test("readHistogram() of one instant is one interval", async () => {
  await using database = await postgres.database();
  await store(database.sql, [at("09:30:00"), at("09:30:00")]);
  assert.deepEqual((await readHistogram(database.sql, {})).counts, [2]);
});

Deno.test("readHistogram() filters as a page does", async () => {
  await using database = await postgres.database();
  await store(database.sql, [at("09:30:00", { topic: "a.b" }), at("09:30:00", { topic: "c" })]);
  assert.equal((await readHistogram(database.sql, { topic: "a.*" })).total, 1);
  assert.equal((await readHistogram(database.sql, { from: "2026-11-23" })).total, 0);
});

Deno.test("readHistogram() has few intervals for any range, from the year 1 on", async () => {
  await using database = await postgres.database();
  for (const [n, timestamp] of ["0001-01-01T00:00:00Z", "9999-12-31T00:00:00Z"].entries()) {
    await apply(database.sql, "00000000-0000-4000-8000-000000000001", 1, [
      entry(n + 1, [event({ timestamp })]),
    ]);
    const { counts, total } = await readHistogram(database.sql, {});
    assert.ok(counts.length <= MAX_HISTOGRAM_BUCKETS, `${counts.length}`);
    assert.equal(counts.reduce((sum, hits) => sum + hits, 0), total);
  }
});

Deno.test("readHistogram() counts the latest of many, and says that there are more", async () => {
  await using database = await postgres.database();
  await database.sql`
    insert into processed_events (event_id, topic, timestamp, source, payload, received_at)
    select n::text, 'a', now(), 's', '{}', now() from generate_series(1, ${
    MAX_HISTOGRAM_EVENTS + 5
  }::int) n`;
  const { total, complete } = await readHistogram(database.sql, {});
  assert.equal(complete, false);
  assert.equal(total, MAX_HISTOGRAM_EVENTS);
});
