/**
 * Is exactly what PostgreSQL refuses a dead letter, wherever it stands among whatever else, and is
 * everything else stored and counted as if it had not been there?
 */
import assert from "node:assert/strict";
import fc from "fast-check";
import { NOTHING } from "../../lib/outcome.ts";
import type { Outcome } from "../../lib/protocol.ts";
import { isConsistent } from "../../lib/snapshot.ts";
import { apply } from "../../lib/sql/apply.ts";
import { isDataError, type Sql } from "../../lib/sql/connect.ts";
import { readStats } from "../../lib/sql/stats.ts";
import { usePostgres } from "../helpers/database.ts";
import { anyDelivery, type Delivered, toEntries, toJson } from "../helpers/deliveries.ts";
import { ACCEPTED_AT } from "../helpers/entries.ts";

const postgres = usePostgres();

const JOURNAL = "00000000-0000-4000-8000-000000000001";

/** What the counters must come to. */
function count(events: readonly Delivered[]) {
  const good = events.filter(({ poison }) => !poison);
  const unique = new Set(good.map(({ event_id, topic }) => `${event_id} of ${topic}`)).size;
  return {
    received: events.length,
    unique_processed: unique,
    duplicate_dropped: good.length - unique,
    dead_letters: events.length - good.length,
  };
}

/** Everything that the store holds. */
async function readAll(sql: Sql) {
  const { totals, topics } = await readStats(sql);
  assert.ok(isConsistent(totals, topics), JSON.stringify({ totals, topics }));
  return {
    totals,
    topics: topics.map((
      { topic, received, unique_processed, duplicate_dropped, dead_letters },
    ) => ({ topic, received, unique_processed, duplicate_dropped, dead_letters })),
    letters: await sql`select event, received_at from dead_letters order by id`,
    stored: await sql`select event_id, topic from processed_events order by topic, event_id`,
  };
}

/** The same, by what was delivered. */
function expected(delivered: readonly Delivered[][]) {
  const events = delivered.flat();
  const topics = [...new Set(events.map(({ topic }) => topic))].sort();
  const keys = topics.map((topic) => {
    const good = events.filter((event) => event.topic === topic && !event.poison);
    return [...new Set(good.map(({ event_id }) => event_id))].sort()
      .map((event_id) => ({ event_id, topic }));
  });
  return {
    totals: count(events),
    topics: topics.map((topic) => ({
      topic,
      ...count(events.filter((event) => event.topic === topic)),
    })),
    letters: delivered.flatMap((events, at) =>
      events.filter(({ poison }) => poison)
        .map((event) => ({ event: toJson(event), received_at: new Date(ACCEPTED_AT + at) }))
    ),
    stored: keys.flat(),
  };
}

const plain = (value: unknown) => JSON.parse(JSON.stringify(value));

Deno.test("the poison is what PostgreSQL refuses as data, and its antidote is not", async () => {
  await using database = await postgres.database();
  const { sql } = database;
  const asJsonb = (poison: boolean) =>
    sql`select ${toJson({ event_id: "x", topic: "a", poison })}::text::jsonb`;
  await assert.rejects(asJsonb(true), (error) => isDataError(error));
  await asJsonb(false);
});

Deno.test("apply() makes dead letters of the poisoned events of any delivery, each time they come, and stores and counts the others once", async () => {
  await fc.assert(
    fc.asyncProperty(anyDelivery(2), fc.nat(3), async (delivered, appliedBefore) => {
      await using database = await postgres.database();
      const { sql } = database;
      const entries = toEntries(delivered);
      const events = delivered.flat();
      const before = entries.slice(0, Math.min(appliedBefore, entries.length - 1));
      const outcomes: Outcome[] = [];
      if (before.length > 0) outcomes.push(await apply(sql, JOURNAL, 2, before));
      outcomes.push(await apply(sql, JOURNAL, 1, entries));

      const came = (what: "received" | "stored" | "duplicates") =>
        outcomes.reduce((sum, outcome) => sum + outcome[what], 0);
      const { received, unique_processed, duplicate_dropped } = count(events);
      assert.deepEqual([came("received"), came("stored"), came("duplicates")], [
        received,
        unique_processed,
        duplicate_dropped,
      ]);
      const held = plain(await readAll(sql));
      assert.deepEqual(held, plain(expected(delivered)));

      assert.deepEqual(await apply(sql, JOURNAL, 1, entries), { ...NOTHING, verdicts: [] });
      assert.deepEqual(plain(await readAll(sql)), held);
    }),
    { numRuns: 10 },
  );
});
