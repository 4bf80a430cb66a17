/**
 * Is each event's verdict what became of it, in the transaction that decided it?
 */
import assert from "node:assert/strict";
import fc from "fast-check";
import type { EntryVerdicts, Verdict } from "../../lib/protocol.ts";
import { apply } from "../../lib/sql/apply.ts";
import type { Sql } from "../../lib/sql/connect.ts";
import { usePostgres } from "../helpers/database.ts";
import { anyDelivery, type Delivered, toEntries } from "../helpers/deliveries.ts";
import { ACCEPTED_AT, entry } from "../helpers/entries.ts";
import { event, events } from "../helpers/events.ts";

const postgres = usePostgres();

const JOURNAL = "00000000-0000-4000-8000-000000000001";

/** The verdicts of a delivery's entries, all of which are waited for. */
const verdictsOf = async (sql: Sql, ...entries: ReturnType<typeof entry>[]) =>
  (await apply(sql, JOURNAL, 1, entries, entries.map(({ id }) => id))).verdicts;

/** What must become of events that come in this order. */
function expected(delivered: readonly Delivered[][]): EntryVerdicts[] {
  const firsts = new Map<string, number>();
  return delivered.map((events, at) => {
    const told = events.map(({ event_id, topic, poison }): [Verdict, number] => {
      if (poison) return ["dead_letter", ACCEPTED_AT + at];
      const key = `${event_id} of ${topic}`;
      const first = firsts.get(key);
      if (first !== undefined) return ["duplicate", first];
      firsts.set(key, ACCEPTED_AT + at);
      return ["stored", ACCEPTED_AT + at];
    });
    return {
      entry: at + 1,
      verdicts: told.map(([verdict]) => verdict),
      firstReceivedAt: told.map(([, first]) => first),
    };
  });
}

for (const poisoned of [0, 2]) {
  Deno.test(`of any delivery, ${poisoned} of ten events poisoned, the first of a key is stored, the next are duplicates, the refused dead letters`, async () => {
    await fc.assert(
      fc.asyncProperty(anyDelivery(poisoned), fc.nat(3), async (delivered, appliedBefore) => {
        await using database = await postgres.database();
        const { sql } = database;
        const entries = toEntries(delivered);
        const before = entries.slice(0, Math.min(appliedBefore, entries.length - 1));
        if (before.length > 0) await apply(sql, JOURNAL, 2, before);
        const verdicts = await verdictsOf(sql, ...entries);
        assert.deepEqual(verdicts, expected(delivered).slice(before.length));
      }),
      { numRuns: 10 },
    );
  });
}

Deno.test("only the entries that are waited for have verdicts", async () => {
  await using database = await postgres.database();
  const one = event();
  const entries = [entry(1, [one]), entry(2, [event(), one]), entry(3, [one])];
  const { verdicts } = await apply(database.sql, JOURNAL, 1, entries, [2]);
  assert.deepEqual(verdicts, [{
    entry: 2,
    verdicts: ["stored", "duplicate"],
    firstReceivedAt: [ACCEPTED_AT, ACCEPTED_AT],
  }]);
  assert.deepEqual((await apply(database.sql, JOURNAL, 1, [entry(4, [one])])).verdicts, []);
});

Deno.test("of an entry that was applied before nothing is known", async () => {
  await using database = await postgres.database();
  const delivery = [entry(1, events(2)), entry(2, events(2))];
  await apply(database.sql, JOURNAL, 1, delivery.slice(0, 1));
  const verdicts = await verdictsOf(database.sql, ...delivery);
  assert.deepEqual(verdicts.map(({ entry }) => entry), [2]);
});

Deno.test("a duplicate of what another delivery commits meanwhile says when that was received", async () => {
  await using database = await postgres.database();
  const { sql } = database;
  const one = event();
  let waiting: Promise<readonly EntryVerdicts[]> | undefined;
  await sql.begin(async (tx) => {
    await tx`
      insert into processed_events (event_id, topic, timestamp, source, payload, received_at)
      values (${one.event_id}, ${one.topic}, now(), 'other', '{}', ${new Date(ACCEPTED_AT - 5)})`;
    waiting = verdictsOf(sql, entry(1, [one]));
    // The statement has begun, and waits for this transaction to end.
    for (let blocked = 0; blocked === 0;) {
      const [row] = await sql<[{ blocked: number }]>`
        select count(*) as blocked from pg_stat_activity
        where application_name = 'sekali test' and wait_event_type = 'Lock'`;
      blocked = row.blocked;
    }
  });
  assert.deepEqual(await waiting, [{
    entry: 1,
    verdicts: ["duplicate"],
    firstReceivedAt: [ACCEPTED_AT - 5],
  }]);
});

Deno.test("of keys that repeat within a delivery, what is stored is what came first", async () => {
  await using database = await postgres.database();
  const keys = events(200);
  const rounds = [1, 2, 3].map((round) =>
    entry(round, keys.map((one) => ({ ...one, payload: { content: `round ${round}` } })))
  );
  await apply(database.sql, JOURNAL, 1, rounds);
  const contents = await database.sql`
    select payload ->> 'content' as content, count(*) from processed_events group by 1`;
  assert.deepEqual(contents.map(({ content, count }) => [content, count]), [["round 1", 200]]);
});
