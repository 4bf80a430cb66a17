/**
 * Does the watermark stand still below what is not decided, and move on once it is?
 */
import assert from "node:assert/strict";
import type { Sql, Transaction } from "../../lib/sql/connect.ts";
import { apply } from "../../lib/sql/apply.ts";
import { readHead, Watermark } from "../../lib/sql/watermark.ts";
import { usePostgres } from "../helpers/database.ts";
import { entry } from "../helpers/entries.ts";
import { event, events } from "../helpers/events.ts";
import { until } from "../helpers/service.ts";

const JOURNAL = "00000000-0000-4000-8000-000000000001";
let nextEntry = 1;

/** Stores events as a consumer does. */
async function store(sql: Sql | Transaction, count: number, shard = 1) {
  await apply(sql as Sql, JOURNAL, shard, [entry(nextEntry++, events(count))]);
}

async function look(sql: Sql, watermark: Watermark): Promise<number | undefined> {
  watermark.take(await readHead(sql, watermark.question));
  return watermark.value;
}

Deno.test("Watermark is decided at once where nothing else runs", () => {
  const watermark = new Watermark();
  assert.equal(watermark.value, undefined);
  assert.deepEqual(watermark.question, { above: -1, ended: 0n });
  watermark.take({ last: 0, xmin: 100n, xid: 100n });
  assert.equal(watermark.value, 0);
  assert.deepEqual(watermark.question, { above: 0, ended: 0n });
  watermark.take({ last: 7, xmin: 101n, xid: 101n });
  assert.equal(watermark.value, 7);
  assert.equal(watermark.pending, false);
});

Deno.test("Watermark waits until no lower transaction id runs, whatever commits meanwhile", () => {
  const watermark = new Watermark();
  watermark.take({ last: 10, xmin: 98n, xid: 100n });
  assert.equal(watermark.value, undefined);
  assert.equal(watermark.pending, true);
  assert.deepEqual(watermark.question, { above: 10, ended: 100n });
  watermark.take({ last: 50, xmin: 99n, xid: undefined });
  assert.equal(watermark.value, undefined);
  // Transactions that began later still run: they have used no seq up to 10.
  watermark.take({ last: 60, xmin: 100n, xid: 130n });
  assert.equal(watermark.value, 10);
  assert.deepEqual(watermark.question, { above: 60, ended: 130n });
  watermark.take({ last: 60, xmin: 140n, xid: undefined });
  assert.equal(watermark.value, 60);
  assert.equal(watermark.pending, false);
});

Deno.test("Watermark forgets what is pending where the server may have crashed", () => {
  const watermark = new Watermark();
  watermark.take({ last: 10, xmin: 98n, xid: 100n });
  watermark.forget();
  assert.deepEqual(watermark.question, { above: -1, ended: 0n });
});

Deno.test("Watermark begins anew where the store is an older one", () => {
  const watermark = new Watermark();
  watermark.take({ last: 10, xmin: 100n, xid: 100n });
  watermark.take({ last: 3, xmin: 50n, xid: undefined });
  assert.equal(watermark.value, undefined);
  watermark.take({ last: 3, xmin: 51n, xid: 51n });
  assert.equal(watermark.value, 3);
});

const postgres = usePostgres();

Deno.test("readHead() takes no transaction id where nothing is new", async () => {
  await using database = await postgres.database();
  const { sql } = database;
  const watermark = new Watermark();
  assert.equal(await look(sql, watermark), 0);
  await store(sql, 3);
  assert.equal(await look(sql, watermark), 3);
  const { xid } = await readHead(sql, watermark.question);
  assert.equal(xid, undefined);
});

Deno.test("the watermark stays below a transaction that is open, committed or rolled back in the end", async () => {
  await using database = await postgres.database();
  const { sql } = database;
  const watermark = new Watermark();
  // The server's own transactions hold it back for a moment, too.
  const reaches = (seq: number) => until(() => look(sql, watermark), (value) => value === seq);
  for (const [ends, before] of [["commit", 1], ["rollback", 9]] as const) {
    await store(sql, 1);
    await reaches(before);
    {
      await using tx = await sql.open();
      await store(tx, 2, 2);
      // The only one that runs, begun last: its id is above all that have ended.
      assert.equal(await look(sql, watermark), before, ends);
      await store(sql, 5, 3);
      assert.equal(await look(sql, watermark), before, ends);
      assert.equal(await look(sql, watermark), before, ends);
      if (ends === "commit") await tx.commit();
    }
    await reaches(before + 7);
  }
});

Deno.test("the watermark stays below a delivery that is being bisected", async () => {
  await using database = await postgres.database();
  const { sql } = database;
  await sql`alter table processed_events add constraint refuse check (source <> 'refused')`;
  const watermark = new Watermark();
  // Holds back the end of the delivery: its dead letter is written last.
  await using holding = await sql.open();
  await holding`lock table dead_letters in exclusive mode`;
  const delivered = apply(sql, JOURNAL, 1, [
    entry(nextEntry++, [event(), event({ source: "refused" }), event()]),
  ]);
  const waiting = () => sql`select from pg_locks where not granted`;
  while ((await waiting()).length === 0);
  await look(sql, watermark);
  // What was tried first and given up may be decided, what will be stored is not.
  const held = await look(sql, watermark);
  await holding.commit();
  await delivered;
  const [{ first, last }] = await sql<[{ first: number; last: number }]>`
    select min(seq) as first, max(seq) as last from processed_events`;
  assert.ok((held ?? 0) < first, `${held} is not below ${first}`);
  await look(sql, watermark);
  assert.ok((await look(sql, watermark))! >= last);
});
