/**
 * Does each aggregator get a slot of its own, are slots used again, and is the registry told right?
 */
import assert from "node:assert/strict";
import { AGGREGATOR_DEAD_MS, MAX_AGGREGATORS } from "../../lib/limits.ts";
import { AGGREGATOR_FORGET_MS } from "../../lib/sql/limits.ts";
import { beat, claim, leave } from "../../lib/sql/aggregators.ts";
import type { Sql } from "../../lib/sql/connect.ts";
import { readStats } from "../../lib/sql/stats.ts";
import { aggregatorStats } from "../helpers/aggregators.ts";
import { usePostgres } from "../helpers/database.ts";

const postgres = usePostgres();

const journals = (count: number) => Array.from({ length: count }, () => crypto.randomUUID());

async function slotOf(sql: Sql, journal: string): Promise<number> {
  return (await claim(sql, journal, "a")).slot;
}

/** Moves the last heartbeat of an aggregator into the past. */
async function silence(sql: Sql, journal: string, ms: number) {
  await sql`
    update aggregators set seen_at = now() - ${ms} * interval '1 millisecond'
    where journal = ${journal}`;
}

async function states(sql: Sql) {
  const { aggregators } = await readStats(sql);
  return Object.fromEntries(aggregators.map(({ id, state }) => [id, state]));
}

Deno.test("claim() by many at once gives each a slot, the lowest there are", async () => {
  await using database = await postgres.database();
  const slots = await Promise.all(journals(8).map((id) => slotOf(database.sql, id)));
  assert.deepEqual(slots.toSorted(), [0, 1, 2, 3, 4, 5, 6, 7]);
});

Deno.test("claim() gives the same slot again to the same journal, and only one row", async () => {
  await using database = await postgres.database();
  const [first, second] = journals(2) as [string, string];
  assert.deepEqual([await slotOf(database.sql, first), await slotOf(database.sql, second)], [0, 1]);
  await silence(database.sql, second, AGGREGATOR_DEAD_MS + 1_000);
  assert.equal(await slotOf(database.sql, second), 1);
  assert.equal((await readStats(database.sql)).aggregators.length, 2);
});

Deno.test("claim() gives the slot of one that has left or is dead to the next, but not of one that lives", async () => {
  await using database = await postgres.database();
  const { sql } = database;
  const [left, dead, living, next, last] = journals(5) as [string, string, string, string, string];
  for (const journal of [left, dead, living]) await slotOf(sql, journal);
  await leave(sql, left);
  assert.equal(await slotOf(sql, next), 0);
  await silence(sql, dead, AGGREGATOR_DEAD_MS + 1_000);
  assert.equal(await slotOf(sql, last), 1);
  // It comes back, and another has its slot.
  assert.equal(await slotOf(sql, dead), 3);
  assert.equal(await slotOf(sql, living), 2);
});

Deno.test("a heartbeat is told as it was written, as live, draining, and dead after its silence", async () => {
  await using database = await postgres.database();
  const { sql } = database;
  const [id] = journals(1) as [string];
  const { slot, startedAt } = await claim(sql, id, "a-1");
  const written = aggregatorStats({
    id,
    name: "a-1",
    started_at: startedAt.toISOString(),
    pending: 3,
    pending_bytes: 300,
    lag_ms: 20,
    journal_bytes: 4_096,
  });
  await beat(sql, slot, written);
  const [told] = (await readStats(sql)).aggregators;
  const { started_at, seen_at } = told!;
  assert.ok(Math.abs(Date.parse(started_at) - startedAt.getTime()) < 1);
  assert.ok(Date.parse(seen_at) >= Date.parse(started_at));
  assert.deepEqual(told, { ...written, started_at, seen_at });

  await beat(sql, slot, { ...written, state: "draining", address: null });
  assert.deepEqual(await states(sql), { [id]: "draining" });
  await silence(sql, id, AGGREGATOR_DEAD_MS + 1_000);
  assert.deepEqual(await states(sql), { [id]: "dead" });
  await beat(sql, slot, written);
  assert.deepEqual(await states(sql), { [id]: "live" });
});

Deno.test("a heartbeat forgets who has long been dead with nothing pending, and nobody else", async () => {
  await using database = await postgres.database();
  const { sql } = database;
  const [settled, pending, recent, self] = journals(4) as [string, string, string, string];
  const { slot } = await claim(sql, pending, "a");
  await beat(sql, slot, aggregatorStats({ id: pending, pending: 1 }));
  for (const id of [settled, recent, self]) await claim(sql, id, "a");
  for (const id of [settled, pending, self]) await silence(sql, id, AGGREGATOR_FORGET_MS + 60_000);
  await silence(sql, recent, AGGREGATOR_FORGET_MS - 60_000);
  await beat(sql, 3, aggregatorStats({ id: self }));
  assert.deepEqual(await states(sql), { [pending]: "dead", [recent]: "dead", [self]: "live" });

  // It was away for longer than that, and comes back.
  await beat(sql, 1, aggregatorStats({ id: settled }));
  assert.equal((await states(sql))[settled], "live");
});

Deno.test("of very many aggregators those are told of that were seen last", async () => {
  await using database = await postgres.database();
  const { sql } = database;
  await sql`
    insert into aggregators (journal, slot, name, seen_at)
    select gen_random_uuid(), n, 'a', now() - n * interval '1 minute'
    from generate_series(0, ${MAX_AGGREGATORS + 20}) as n`;
  const { aggregators } = await readStats(sql);
  assert.equal(aggregators.length, MAX_AGGREGATORS);
  assert.equal(aggregators.filter(({ state }) => state === "live").length, 1);
});
