/**
 * Are dead letters read as they were published, and is one that is replayed decided and counted
 * exactly once, whatever else happens at the same time?
 */
import assert from "node:assert/strict";
import type { Event } from "../../lib/event.ts";
import { isConsistent } from "../../lib/snapshot.ts";
import { apply } from "../../lib/sql/apply.ts";
import { connect, isDataError, type Sql } from "../../lib/sql/connect.ts";
import {
  addDeadLetters,
  deadLetterJson,
  deleteDeadLetter,
  readDeadLetter,
  readDeadLetters,
} from "../../lib/sql/dead_letters.ts";
import { REPLAY_SHARD, replayDeadLetter } from "../../lib/sql/replay.ts";
import { readStats } from "../../lib/sql/stats.ts";
import { usePostgres } from "../helpers/database.ts";
import { ACCEPTED_AT, entry, eventJson } from "../helpers/entries.ts";
import { event, events } from "../helpers/events.ts";
import { until } from "../helpers/service.ts";

const postgres = usePostgres();

const JOURNAL = "00000000-0000-4000-8000-000000000001";
const CONSUMER = 1;

/** Nothing that PostgreSQL could store, neither now nor when replayed. */
const POISON = '{"content":"","n":1e-20000}';

/** Puts events among the dead letters, good as they may be; their ids, in order. */
async function addLetters(sql: Sql, ...sent: (Event | string)[]): Promise<number[]> {
  const letters = sent.map((one) => ({
    json: typeof one === "string" ? one : JSON.stringify(one),
    acceptedAt: ACCEPTED_AT,
    reason: "refused once",
  }));
  await sql.begin((tx) => addDeadLetters(tx, CONSUMER, letters));
  const rows = await sql<{ id: number }[]>`
    select id from dead_letters order by id desc limit ${sent.length}`;
  return rows.map(({ id }) => id).reverse();
}

/** Applies events as a consumer does. */
const applyEvents = (sql: Sql, id: number, sent: readonly (Event | string)[]) =>
  apply(sql, JOURNAL, CONSUMER, [entry(id, sent)]);

/** Asserts received, stored, duplicates and dead letters of each topic, and that totals agree. */
async function assertCounted(sql: Sql, expected: Record<string, [number, number, number, number]>) {
  const { totals, topics } = await readStats(sql);
  const counted = topics.map((topic) => [topic.topic, [
    topic.received,
    topic.unique_processed,
    topic.duplicate_dropped,
    topic.dead_letters,
  ]]);
  assert.deepEqual(Object.fromEntries(counted), expected);
  assert.ok(isConsistent(totals, topics), JSON.stringify({ totals, topics }));
  const [row] = await sql<{ rows: number }[]>`select count(*) as rows from processed_events`;
  assert.equal(row!.rows, totals.unique_processed);
}

/** Connections of their own for replays, named so that their waiting can be seen. */
function connectReplays(url: string, connections: number) {
  const sql = connect(url, connections, "sekali test replays");
  return { sql, [Symbol.asyncDispose]: () => sql.end({ timeout: 0 }) };
}

/** Process ids of the replays that wait for a lock. */
const waiting = async (sql: Sql) =>
  (await sql<{ pid: number }[]>`
    select pid from pg_stat_activity
    where application_name = 'sekali test replays' and wait_event_type = 'Lock'`)
    .map(({ pid }) => pid);

/** Lets the counters of replays be written by nobody else while `body` runs. */
async function holdReplays(sql: Sql, body: () => Promise<void>) {
  await sql`
    insert into aggregator_stats (shard, received, unique_processed, duplicate_dropped)
    values (${REPLAY_SHARD}, 0, 0, 0)`;
  await sql.begin(async (tx) => {
    await tx`select from aggregator_stats where shard = ${REPLAY_SHARD} for update`;
    await body();
  });
}

Deno.test("readDeadLetters() pages through all, the latest first", async () => {
  await using database = await postgres.database();
  const ids = await addLetters(database.sql, ...events(7));
  const seen: number[] = [];
  const sizes: number[] = [];
  let after: number | undefined;
  do {
    const { letters, next } = await readDeadLetters(database.sql, { after }, 3);
    seen.push(...letters.map(({ head }) => JSON.parse(head).id));
    sizes.push(letters.length);
    after = next;
  } while (after !== undefined);
  assert.deepEqual(seen, ids.toReversed());
  assert.deepEqual(sizes, [3, 3, 1]);
  const { next } = await readDeadLetters(database.sql, {}, 7);
  assert.equal(next, undefined, "a full page that is the last");
});

Deno.test("readDeadLetters() takes a topic or a pattern", async () => {
  await using database = await postgres.database();
  const topics = ["a", "a.b", "a.b.c", "axb"];
  await addLetters(database.sql, ...topics.map((topic) => event({ topic })));
  for (
    const [topic, expected] of [
      ["a", ["a"]],
      ["a.b", ["a.b"]],
      ["a.*", ["a.b"]],
      ["a.>", ["a.b.c", "a.b"]],
      [">", topics.toReversed()],
      ["b", []],
    ] as const
  ) {
    const { letters } = await readDeadLetters(database.sql, { topic }, 10);
    assert.deepEqual(letters.map(({ head }) => JSON.parse(head).topic), expected, topic);
  }
});

Deno.test("readDeadLetter() shows the event as it was published, and when it came and failed", async () => {
  await using database = await postgres.database();
  const nested = `${"[".repeat(100_000)}${"]".repeat(100_000)}`;
  const payloads = [
    '{ "content" :\t"x", "n": [12345678901234567890.10, 1E5, -0.0, 1e-20000] }',
    `{"content":"\\u0061\\/😀","v":${nested},"v":1}`,
  ];
  for (const [at, payload] of payloads.entries()) {
    const sent = eventJson(payload, { event_id: `${at}`, topic: "b" });
    await applyEvents(database.sql, at + 1, [sent]);
    const { letters: [text] } = await readDeadLetters(database.sql, {}, 1);
    const json = deadLetterJson(text!);
    assert.ok(json.endsWith(`,"event":${sent}}`), json.slice(0, 300));
    const { id, error, failed_at, received_at, ...letter } = JSON.parse(json);
    assert.deepEqual(letter, { event_id: `${at}`, topic: "b", event: JSON.parse(sent) });
    assert.match(error, /numeric|stack depth/);
    assert.equal(Date.parse(received_at), ACCEPTED_AT);
    assert.ok(Math.abs(Date.now() - Date.parse(failed_at)) < 60_000, failed_at);
    assert.deepEqual(await readDeadLetter(database.sql, id), text);
  }
  assert.equal(await readDeadLetter(database.sql, 4711), undefined);
});

Deno.test("replayDeadLetter() stores an event that is no longer refused, as of when it was accepted", async () => {
  await using database = await postgres.database();
  const { sql } = database;
  await sql`alter table processed_events add constraint quiet check (source <> 'loud')`;
  const loud = event({ event_id: "1", topic: "a", source: "loud" });
  await applyEvents(sql, 1, [loud, event({ topic: "a" }), event({ topic: "b" })]);
  await assertCounted(sql, { a: [2, 1, 0, 1], b: [1, 1, 0, 0] });
  const { letters: [letter] } = await readDeadLetters(sql, {}, 1);
  const { id } = JSON.parse(letter!.head);
  await sql`alter table processed_events drop constraint quiet`;

  assert.deepEqual(await replayDeadLetter(sql, id), {
    status: "stored",
    event_id: "1",
    topic: "a",
  });
  await assertCounted(sql, { a: [2, 2, 0, 0], b: [1, 1, 0, 0] });
  const [row] = await sql`select source, received_at from processed_events where event_id = '1'`;
  assert.deepEqual({ ...row }, { source: "loud", received_at: new Date(ACCEPTED_AT) });
  assert.equal(await readDeadLetter(sql, id), undefined);
  assert.equal(await replayDeadLetter(sql, id), undefined, "it is gone");
});

Deno.test("replayDeadLetter() drops a duplicate, of an event stored before or of another dead letter", async () => {
  await using database = await postgres.database();
  const one = event({ event_id: "1", topic: "a" });
  const two = event({ event_id: "2", topic: "b" });
  await applyEvents(database.sql, 1, [one]);
  const ids = await addLetters(database.sql, one, two, two);
  await assertCounted(database.sql, { a: [2, 1, 0, 1], b: [2, 0, 0, 2] });
  const came = [];
  for (const id of ids) came.push((await replayDeadLetter(database.sql, id))?.status);
  assert.deepEqual(came, ["duplicate", "stored", "duplicate"]);
  await assertCounted(database.sql, { a: [2, 1, 1, 0], b: [2, 1, 1, 0] });
});

Deno.test("replayDeadLetter() of an event that is refused again changes only the reason and the time", async () => {
  await using database = await postgres.database();
  const { sql } = database;
  const [id] = await addLetters(sql, eventJson(POISON, { topic: "a" }));
  await sql`update dead_letters set failed_at = '2026-01-01T00:00:00Z'`;
  const before = JSON.parse((await readDeadLetter(sql, id!))!.head);

  const replay = await replayDeadLetter(sql, id!);
  assert.equal(replay?.status, "refused");
  const { error, failed_at, ...letter } = JSON.parse((await readDeadLetter(sql, id!))!.head);
  assert.deepEqual(replay, { status: "refused", reason: error });
  assert.match(error, /numeric/);
  assert.ok(failed_at > before.failed_at, failed_at);
  assert.deepEqual({ ...letter, error: before.error, failed_at: before.failed_at }, before);
  await assertCounted(sql, { a: [1, 0, 0, 1] });
});

Deno.test("two replays of one dead letter at once count it once", async () => {
  await using database = await postgres.database();
  await using replays = connectReplays(database.url, 2);
  const [id] = await addLetters(database.sql, event({ topic: "a" }));
  let both: ReturnType<typeof replayDeadLetter>[] = [];
  await holdReplays(database.sql, async () => {
    both = [replayDeadLetter(replays.sql, id!), replayDeadLetter(replays.sql, id!)];
    await until(() => waiting(database.sql), (pids) => pids.length === 2);
  });
  const came = (await Promise.all(both)).map((replay) => replay?.status ?? "gone");
  assert.deepEqual(came.sort(), ["gone", "stored"]);
  await assertCounted(database.sql, { a: [1, 1, 0, 0] });
});

Deno.test("a replay that is cut off before its commit changes nothing, and can be tried again", async () => {
  await using database = await postgres.database();
  await using replays = connectReplays(database.url, 1);
  const [id] = await addLetters(database.sql, event({ topic: "a" }));
  await holdReplays(database.sql, async () => {
    const cut = assert.rejects(replayDeadLetter(replays.sql, id!), (error) => !isDataError(error));
    const [pid] = await until(() => waiting(database.sql), (pids) => pids.length === 1);
    await database.sql`select pg_terminate_backend(${pid!})`;
    await cut;
  });
  await assertCounted(database.sql, { a: [1, 0, 0, 1] });
  assert.equal((await replayDeadLetter(database.sql, id!))?.status, "stored");
  await assertCounted(database.sql, { a: [1, 1, 0, 0] });
});

Deno.test("the law holds at every moment while dead letters are replayed and the same keys delivered", async () => {
  await using database = await postgres.database();
  await using replays = connectReplays(database.url, 3);
  const sent = [...events(30, { topic: "a" }), ...events(30, { topic: "b" })];
  const bad = Array.from({ length: 20 }, () => eventJson(POISON, { topic: "b" }));
  const ids = await addLetters(database.sql, ...sent, ...bad);
  let busy = true;
  const consume = async () => {
    for (const [at, one] of sent.toReversed().entries()) {
      await applyEvents(database.sql, at, [one]);
    }
  };
  const all = Promise.all([consume(), ...ids.map((id) => replayDeadLetter(replays.sql, id))])
    .finally(() => busy = false);
  let looks = 0, wrong: unknown;
  for (; busy; looks++) {
    const { totals, topics } = await readStats(database.sql);
    if (!isConsistent(totals, topics)) wrong ??= { totals, topics };
  }
  await all;
  assert.equal(wrong, undefined);
  assert.ok(looks > 10, `${looks} looks`);
  await assertCounted(database.sql, { a: [60, 30, 30, 0], b: [80, 30, 30, 20] });
});

Deno.test("deleteDeadLetter() deletes one, and its counts stay", async () => {
  await using database = await postgres.database();
  const [one, two] = await addLetters(database.sql, ...events(2, { topic: "a" }));
  assert.equal(await deleteDeadLetter(database.sql, one!), true);
  assert.equal(await deleteDeadLetter(database.sql, one!), false);
  assert.equal(await replayDeadLetter(database.sql, one!), undefined);
  const { letters } = await readDeadLetters(database.sql, {}, 10);
  assert.deepEqual(letters.map(({ head }) => JSON.parse(head).id), [two]);
  await assertCounted(database.sql, { a: [2, 0, 0, 2] });
});

Deno.test("a replayed event is stored as a delivered one is, but for its place in the order", async () => {
  await using database = await postgres.database();
  const { sql } = database;
  const json = eventJson('{"content":"😀","n":[12345678901234567890.10, 1E5],"n":[-0.0]}', {
    timestamp: "2026-11-22T09:30:00.123456789+07:00",
  });
  const [id] = await addLetters(sql, json);
  await replayDeadLetter(sql, id!);
  const stored = async () => {
    const [row] = await sql<{ json: string }[]>`
      select (to_jsonb(event) - 'seq')::text as json from processed_events event`;
    return row!.json;
  };
  const replayed = await stored();
  await sql`delete from processed_events`;
  await applyEvents(sql, 1, [json]);
  assert.equal(replayed, await stored());
});
