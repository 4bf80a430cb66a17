/**
 * Does one delivery become one transaction in which each key is stored once and each event counted
 * once, whatever is repeated, raced or delivered again?
 */
import assert from "node:assert/strict";
import type { Event } from "../../lib/event.ts";
import type { StoredEntry } from "../../lib/journal/reader.ts";
import type { Outcome } from "../../lib/protocol.ts";
import { isConsistent } from "../../lib/snapshot.ts";
import { apply, forgetApplied, readApplied } from "../../lib/sql/apply.ts";
import { connect, isDataError, type Sql } from "../../lib/sql/connect.ts";
import { readStats } from "../../lib/sql/stats.ts";
import { type TestDatabase, usePostgres } from "../helpers/database.ts";
import { ACCEPTED_AT, entry, eventJson } from "../helpers/entries.ts";
import { event, events } from "../helpers/events.ts";
import { newRandom } from "../helpers/random.ts";

const postgres = usePostgres();

const JOURNAL = "00000000-0000-4000-8000-000000000001";
const OTHER_JOURNAL = "00000000-0000-4000-8000-000000000002";

/** Applies entries as consumer 1. */
const applyTo = (sql: Sql, ...entries: StoredEntry[]) => apply(sql, JOURNAL, 1, entries);

/** The counts of an outcome, for comparison. */
const outcome = (received: number, stored: number, duplicates: number) => ({
  received,
  stored,
  duplicates,
});

/** Asserts what a delivery came to. */
function assertOutcome(actual: Outcome, ...expected: Parameters<typeof outcome>) {
  const { received, stored, duplicates } = actual;
  assert.deepEqual({ received, stored, duplicates }, outcome(...expected));
}

/** Asserts the totals, and that counters by topic and the table itself agree with them. */
async function assertCounted(sql: Sql, ...expected: Parameters<typeof outcome>) {
  const { totals, topics } = await readStats(sql);
  const { received, unique_processed, duplicate_dropped } = totals;
  assert.deepEqual(outcome(received, unique_processed, duplicate_dropped), outcome(...expected));
  assert.ok(isConsistent(totals, topics));
  const [row] = await sql<{ rows: number }[]>`select count(*) as rows from processed_events`;
  assert.equal(row!.rows, unique_processed);
}

Deno.test("apply() stores an event once that comes twice in one delivery", async () => {
  await using database = await postgres.database();
  const one = event();
  assertOutcome(await applyTo(database.sql, entry(1, [one, event(), one, one])), 4, 2, 2);
  await assertCounted(database.sql, 4, 2, 2);
});

Deno.test("apply() stores an event once that comes in two entries of one delivery", async () => {
  await using database = await postgres.database();
  const one = event();
  const delivery = [entry(1, [one]), entry(2, [one, event()]), entry(3, [one])];
  assertOutcome(await applyTo(database.sql, ...delivery), 4, 2, 2);
  await assertCounted(database.sql, 4, 2, 2);
});

Deno.test("apply() stores an event once that comes in two deliveries, of one consumer or of two", async () => {
  await using database = await postgres.database();
  const sent = events(3);
  assertOutcome(await apply(database.sql, JOURNAL, 1, [entry(1, sent)]), 3, 3, 0);
  assertOutcome(await apply(database.sql, JOURNAL, 1, [entry(2, sent)]), 3, 0, 3);
  assertOutcome(await apply(database.sql, JOURNAL, 2, [entry(3, [...sent, event()])]), 4, 1, 3);
  await assertCounted(database.sql, 10, 4, 6);
});

Deno.test("apply() takes one event_id on two topics for two events, and keeps keys apart that look alike", async () => {
  await using database = await postgres.database();
  const keys = [["x", "a"], ["x", "b"], ["X", "a"], ["x ", "a"], ["xa", "a"], ["x", "aa"]] as const;
  const sent = keys.map(([event_id, topic]) => event({ event_id, topic }));
  assertOutcome(await applyTo(database.sql, entry(1, [...sent, ...sent])), 12, 6, 6);
});

Deno.test("apply() keeps the first event of a key, and does not touch it again", async () => {
  await using database = await postgres.database();
  const first = event({ payload: { content: "first" } });
  await applyTo(database.sql, entry(1, [first]));
  const repeat = { ...first, source: "other", payload: { content: "second" } };
  await applyTo(database.sql, entry(2, [repeat], ACCEPTED_AT + 5_000));
  const [row] = await database.sql`
    select source, payload ->> 'content' as content, received_at from processed_events`;
  assert.deepEqual({ ...row }, {
    source: "test",
    content: "first",
    received_at: new Date(ACCEPTED_AT),
  });
});

Deno.test("apply() counts an entry once that is delivered again", async () => {
  await using database = await postgres.database();
  const delivery = [entry(1, events(5)), entry(2, events(2))];
  assertOutcome(await apply(database.sql, JOURNAL, 1, delivery), 7, 7, 0);
  for (const consumer of [1, 2]) {
    assertOutcome(await apply(database.sql, JOURNAL, consumer, delivery), 0, 0, 0);
  }
  await assertCounted(database.sql, 7, 7, 0);
});

Deno.test("apply() applies only what is new of a delivery of which some entries were applied before", async () => {
  await using database = await postgres.database();
  const shared = event();
  const [one, two, three] = [
    entry(1, [shared, event()]),
    entry(2, [...events(3), shared]),
    entry(3, events(1)),
  ];
  await applyTo(database.sql, two);
  assertOutcome(await applyTo(database.sql, one, two, three), 3, 2, 1);
  await assertCounted(database.sql, 7, 6, 1);
});

Deno.test("apply() tells entries of equal ids from two journals apart", async () => {
  await using database = await postgres.database();
  assertOutcome(await apply(database.sql, JOURNAL, 1, [entry(1, events(1))]), 1, 1, 0);
  assertOutcome(await apply(database.sql, OTHER_JOURNAL, 1, [entry(1, events(1))]), 1, 1, 0);
});

Deno.test("apply() gives each event the time at which its own entry was accepted", async () => {
  await using database = await postgres.database();
  const entries = [3, 1, 4, 1, 5].map((size, at) =>
    entry(at + 1, events(size, { source: `entry ${at + 1}` }), ACCEPTED_AT + at * 1_001)
  );
  await applyTo(database.sql, ...entries);
  const rows = await database.sql<{ source: string; received_at: Date; count: number }[]>`
    select source, received_at, count(*) from processed_events group by 1, 2 order by 1`;
  assert.deepEqual(
    rows.map((row) => [row.source, row.received_at.getTime(), row.count]),
    entries.map(({ id, acceptedAt, events }) => [`entry ${id}`, acceptedAt, events]),
  );
});

Deno.test("apply() counts by topic what it stored and what it dropped, and when the topic was first and last seen", async () => {
  await using database = await postgres.database();
  const [a, b] = [event({ topic: "a" }), event({ topic: "b" })];
  await apply(database.sql, JOURNAL, 1, [entry(1, [a, a, b], ACCEPTED_AT)]);
  await apply(database.sql, JOURNAL, 2, [
    entry(2, [a, event({ topic: "c" })], ACCEPTED_AT + 1_000),
  ]);
  for (const [at, later] of [2_000, -1_000, 500].entries()) {
    await apply(database.sql, JOURNAL, 1, [entry(3 + at, [a], ACCEPTED_AT + later)]);
  }
  const { topics } = await readStats(database.sql);
  assert.deepEqual(
    topics.map((topic) => [
      topic.topic,
      topic.received,
      topic.unique_processed,
      topic.duplicate_dropped,
      Date.parse(topic.first_seen) - ACCEPTED_AT,
      Date.parse(topic.last_seen) - ACCEPTED_AT,
    ]),
    [["a", 6, 1, 5, -1_000, 2_000], ["b", 1, 1, 0, 0, 0], ["c", 1, 1, 0, 1_000, 1_000]],
  );
  await assertCounted(database.sql, 8, 3, 5);
});

Deno.test("apply() takes 2,000 events in entries of every size", async () => {
  await using database = await postgres.database();
  const random = newRandom();
  const keys = events(1_400);
  const entries: StoredEntry[] = [];
  const sent: Event[] = [];
  while (sent.length < 2_000) {
    const size = Math.min(1 + random.below(random.pick([1, 3, 50, 300])), 2_000 - sent.length);
    const batch = Array.from({ length: size }, () => random.pick(keys));
    sent.push(...batch);
    entries.push(entry(entries.length + 1, batch, ACCEPTED_AT + entries.length));
  }
  const unique = new Set(sent.map(({ event_id }) => event_id)).size;
  assertOutcome(await applyTo(database.sql, ...entries), 2_000, unique, 2_000 - unique);
  await assertCounted(database.sql, 2_000, unique, 2_000 - unique);
});

Deno.test("apply() stores nothing and counts nothing where the connection is cut before the commit", async () => {
  await using database = await postgres.database();
  await using cut = await connectTwice(database);
  const delivery = [entry(1, events(3))];
  await blockApply(cut.one, cut.two, delivery, async (pid) => {
    await database.sql`select pg_terminate_backend(${pid})`;
  });
  await assertCounted(database.sql, 0, 0, 0);
  assertOutcome(await applyTo(database.sql, ...delivery), 3, 3, 0);
  await assertCounted(database.sql, 3, 3, 0);
});

Deno.test("apply() of the same entries by two consumers at once applies them once", async () => {
  await using database = await postgres.database();
  await using racing = await connectTwice(database);
  const { one, two } = racing;
  for (let round = 0; round < 30; round++) {
    const delivery = [entry(2 * round + 1, events(20)), entry(2 * round + 2, events(20))];
    const [a, b] = await Promise.all([
      apply(one, JOURNAL, 1, delivery),
      apply(two, JOURNAL, 2, delivery),
    ]);
    assert.deepEqual([a.received, b.received].sort((x, y) => x - y), [0, 40]);
  }
  await assertCounted(database.sql, 1_200, 1_200, 0);
});

Deno.test("apply() by two consumers of deliveries that share keys in another order neither deadlocks nor miscounts", async () => {
  await using database = await postgres.database();
  await using racing = await connectTwice(database);
  const random = newRandom();
  let id = 0, received = 0, stored = 0, duplicates = 0, unique = 0;
  for (let round = 0; round < 12; round++) {
    const keys = [...events(150, { topic: "a" }), ...events(150, { topic: "b" })];
    unique += keys.length;
    const consume = async (sql: Sql, consumer: number) => {
      for (let repeat = 0; repeat < 3; repeat++) {
        const shuffled = random.shuffled(keys);
        const delivery = [entry(++id, shuffled.slice(0, 100)), entry(++id, shuffled.slice(100))];
        const came = await apply(sql, JOURNAL, consumer, delivery);
        received += came.received;
        stored += came.stored;
        duplicates += came.duplicates;
      }
    };
    await Promise.all([consume(racing.one, 1), consume(racing.two, 2)]);
  }
  assert.deepEqual([received, stored], [12 * 6 * 300, unique]);
  await assertCounted(database.sql, received, stored, duplicates);
});

Deno.test("apply() by two consumers of deliveries that share keys does not deadlock while it bisects", async () => {
  await using database = await postgres.database();
  await using racing = await connectTwice(database);
  const random = newRandom();
  const keys = events(60);
  let id = 0;
  const consume = async (sql: Sql, consumer: number) => {
    for (let repeat = 0; repeat < 10; repeat++) {
      const bad = eventJson('{"content":"","n":1e-20000}');
      await apply(sql, JOURNAL, consumer, [entry(++id, random.shuffled([...keys, bad]))]);
    }
  };
  await Promise.all([consume(racing.one, 1), consume(racing.two, 2)]);
  const { totals } = await readStats(database.sql);
  assert.deepEqual({ ...totals }, {
    received: 1_220,
    unique_processed: 60,
    duplicate_dropped: 1_140,
    dead_letters: 20,
  });
});

Deno.test("apply() makes a dead letter of an event that PostgreSQL refuses, and stores its neighbours", async () => {
  await using database = await postgres.database();
  const bad = eventJson('{"content":"", "n":1e-20000}', { event_id: "bad", topic: "b" });
  const one = event();
  const delivery = [
    entry(1, [one, bad, event()]),
    entry(2, [event(), one], ACCEPTED_AT + 1_000),
    entry(3, [bad], ACCEPTED_AT + 2_000),
  ];
  assertOutcome(await applyTo(database.sql, ...delivery), 6, 3, 1);
  assertOutcome(await applyTo(database.sql, ...delivery), 0, 0, 0);
  const { totals, topics } = await readStats(database.sql);
  assert.deepEqual({ ...totals }, {
    received: 6,
    unique_processed: 3,
    duplicate_dropped: 1,
    dead_letters: 2,
  });
  assert.ok(isConsistent(totals, topics));
  const letters = await database.sql`select * from dead_letters order by id`;
  assert.deepEqual(
    letters.map((letter) => [letter["event_id"], letter["topic"], letter["event"]]),
    [["bad", "b", bad], ["bad", "b", bad]],
  );
  assert.deepEqual(
    letters.map((letter) => letter["received_at"].getTime() - ACCEPTED_AT),
    [0, 2_000],
  );
  assert.match(letters[0]!["error"], /numeric/);
  const [late] = await database.sql`
    select received_at from processed_events order by received_at desc limit 1`;
  assert.equal(late!["received_at"].getTime(), ACCEPTED_AT + 1_000);
});

Deno.test("forgetApplied() forgets the entries of one journal below an id, and no others", async () => {
  await using database = await postgres.database();
  const { sql } = database;
  for (const journal of [JOURNAL, OTHER_JOURNAL]) {
    await apply(sql, journal, 1, [1, 2, 3].map((id) => entry(id, events(1))));
  }
  await forgetApplied(sql, JOURNAL, 3, 3);
  const rows = await sql`select journal, entry from applied_entries order by journal, entry`;
  assert.deepEqual(rows.map((row) => [row["journal"], row["entry"]]), [
    [JOURNAL, 3],
    [OTHER_JOURNAL, 1],
    [OTHER_JOURNAL, 2],
    [OTHER_JOURNAL, 3],
  ]);
  await forgetApplied(sql, JOURNAL, 3, 3);
});

Deno.test("an entry that is settled changes nothing, however late it comes, and whether one event is refused or none", async () => {
  await using database = await postgres.database();
  const { sql } = database;
  const bad = eventJson('{"content":"x","n":1e-20000}');
  const delivery = [entry(1, events(2)), { ...entry(2, [event(), bad]), part: 1 }];
  await applyTo(sql, ...delivery);
  await forgetApplied(sql, JOURNAL, 0, 3);
  await forgetApplied(sql, JOURNAL, 3, 3);
  assert.equal((await sql`select from applied_entries`).length, 0);
  for (const one of delivery) await applyTo(sql, one);
  // What is settled stays so.
  await forgetApplied(sql, JOURNAL, 3, 1);
  await applyTo(sql, delivery[0]!);
  assert.equal((await readStats(sql)).totals.received, 4);
  await applyTo(sql, entry(3, events(1)));
  assert.equal((await readStats(sql)).totals.received, 5);
});

Deno.test("parts of an entry are applied once each, in any order and company", async () => {
  await using database = await postgres.database();
  const { sql } = database;
  const parts = [1, 2, 3].map((part) => ({ ...entry(1, events(part)), part }));
  await applyTo(sql, parts[2]!);
  const { verdicts, ...outcome } = await apply(sql, JOURNAL, 1, parts, [1]);
  assert.deepEqual([outcome.received, outcome.stored], [3, 3]);
  assert.deepEqual(verdicts.map(({ entry, part }) => [entry, part]), [[1, 1], [1, 2]]);
  await applyTo(sql, ...parts);
  assert.equal((await readStats(sql)).totals.received, 6);
  const applied = await readApplied(sql, JOURNAL, [1, 2]);
  assert.deepEqual(applied.map(({ part }) => part).toSorted(), [1, 2, 3]);
});

/** Two consumers' connections, one each. */
async function connectTwice(database: TestDatabase) {
  const one = connect(database.url, 1, "sekali test one");
  const two = connect(database.url, 1, "sekali test two");
  await Promise.all([one`select 1`, two`select 1`]);
  return {
    one,
    two,
    async [Symbol.asyncDispose]() {
      await Promise.all([one.end({ timeout: 0 }), two.end({ timeout: 0 })]);
    },
  };
}

/**
 * Starts an apply on one connection, held back by another in the midst of its transaction, and
 * asserts that what is done to it then makes it fail.
 *
 * @param cut called with the process id of the held connection
 */
async function blockApply(
  held: Sql,
  holder: Sql,
  delivery: readonly StoredEntry[],
  cut: (pid: number) => Promise<void>,
) {
  const [{ pid }] = await held<[{ pid: number }]>`select pg_backend_pid() as pid`;
  const failed = Promise.withResolvers<unknown>();
  await holder.begin(async (tx) => {
    // Applied entries and events are not locked by this: what waits has written both.
    await tx`lock table topic_stats in exclusive mode`;
    apply(held, JOURNAL, 1, delivery).then(() => failed.resolve(undefined), failed.resolve);
    for (let waits = false; !waits;) {
      const [row] = await tx<[{ waits: boolean }]>`
        select exists (select from pg_locks where pid = ${pid} and not granted) as waits`;
      waits = row.waits;
    }
    await cut(pid);
  });
  const error = await failed.promise;
  assert.ok(error instanceof Error && !isDataError(error), String(error));
}

Deno.test("apply() gets through a delivery of which every event is refused", async () => {
  await using database = await postgres.database();
  const bad = Array.from({ length: 300 }, () => eventJson('{"content":"x","n":1e-20000}'));
  await apply(database.sql, crypto.randomUUID(), 1, [entry(1, bad)]);
  const { totals } = await readStats(database.sql);
  assert.deepEqual([totals.received, totals.dead_letters], [300, 300]);
});
