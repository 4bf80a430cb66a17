/**
 * Does the table of events come to have the partitions asked for, with all that it holds, whatever
 * happens meanwhile, and is it to everyone else as it was?
 */
import assert from "node:assert/strict";
import type { Event } from "../../lib/event.ts";
import { apply } from "../../lib/sql/apply.ts";
import { connect, isTimeout, isUnavailable, type Sql } from "../../lib/sql/connect.ts";
import { type EventPage, type Order, readEvent, readEvents } from "../../lib/sql/events.ts";
import { readFirst } from "../../lib/sql/feed.ts";
import { readHistogram } from "../../lib/sql/histogram.ts";
import { migrate } from "../../lib/sql/migrate.ts";
import { repartition } from "../../lib/sql/partitions.ts";
import { expireEvents, readDue } from "../../lib/sql/retention.ts";
import { readTopicSources } from "../../lib/sql/topic_sources.ts";
import { readHead } from "../../lib/sql/watermark.ts";
import { usePostgres } from "../helpers/database.ts";
import { entry } from "../helpers/entries.ts";
import { event } from "../helpers/events.ts";
import { logOf } from "../helpers/log.ts";
import { until } from "../helpers/service.ts";
import { assertStoredOnce } from "../helpers/stored.ts";
import { within } from "../helpers/within.ts";

const postgres = usePostgres();
const JOURNAL = "00000000-0000-4000-8000-000000000001";
const HOUR_MS = 3_600_000;
let nextEntry = 1;

/** Events of three topics at moments of their own. */
function someEvents(count: number): Event[] {
  return Array.from({ length: count }, (_, n) =>
    event({
      topic: `app.${n % 3}`,
      timestamp: new Date(Date.UTC(2026, 10, 22) + n * 7_919 % count * 1_000).toISOString(),
      payload: { content: `Event ${n}` },
    }));
}

/** Stores events as a consumer does, as if they had come some hours ago. */
function store(sql: Sql, sent: readonly Event[], hours = 0) {
  return apply(sql, JOURNAL, 1, [entry(nextEntry++, sent, Date.now() - hours * HOUR_MS)]);
}

async function partitions(sql: Sql): Promise<number> {
  const rows = await sql`select from pg_inherits where inhparent = 'processed_events'::regclass`;
  return rows.length;
}

/** All that the schema of a connection holds. */
async function relations(sql: Sql): Promise<string[]> {
  const rows = await sql<{ name: string }[]>`
    select relname as name from pg_class where relnamespace = current_schema()::regnamespace
    order by 1`;
  return rows.map(({ name }) => name);
}

/** What the table is to those who use it. */
async function definition(sql: Sql) {
  const rows = await sql<{ line: string }[]>`
    select concat_ws(' ', attname, format_type(atttypid, atttypmod), collname, attnotnull, attidentity, attcompression) as line
    from pg_attribute left join pg_collation on pg_collation.oid = attcollation
    where attrelid = 'processed_events'::regclass and attnum > 0 and not attisdropped
    union all
    select conname || ' ' || pg_get_constraintdef(oid) from pg_constraint
    where conrelid = 'processed_events'::regclass
    union all
    select replace(pg_get_indexdef(indexrelid), ' ON ONLY ', ' ON ') from pg_index
    where indrelid = 'processed_events'::regclass
    union all
    select pg_get_serial_sequence('processed_events', 'seq')
    order by 1`;
  return rows.map(({ line }) => line);
}

/** All pages of a query, from a position on. */
async function pages(sql: Sql, order: Order, after?: EventPage["next"]): Promise<string[]> {
  const { events, next } = await readEvents(sql, { order, after }, 30);
  return next === undefined ? [...events] : [...events, ...await pages(sql, order, next)];
}

/** Waits until somebody waits for a lock of a kind. */
const locked = (sql: Sql, kind: string) =>
  until(
    () => sql`select from pg_locks where not granted and locktype = ${kind}`,
    ({ length }) => length > 0,
  );

function usePool(url: string, timeoutMs = 0): { sql: Sql } & AsyncDisposable {
  const sql = connect(url, 1, "sekali test pool", timeoutMs);
  return { sql, [Symbol.asyncDispose]: () => sql.end() };
}

Deno.test("migrate() makes a new table of so many partitions, otherwise the same, and a plain one again", async () => {
  await using plain = await postgres.database();
  await using database = await postgres.database({ migrated: false });
  const { sql } = database;
  await migrate(sql, 5);
  assert.equal(await partitions(sql), 5);
  const schema = (url: string) => new URL(url).searchParams.get("search_path")!;
  const expected = (await definition(plain.sql))
    .map((line) => line.replaceAll(schema(plain.url), schema(database.url)));
  assert.deepEqual(await definition(sql), expected);
  await migrate(sql, 0);
  assert.deepEqual(await definition(sql), expected);
  assert.deepEqual(await relations(sql), await relations(plain.sql));
});

Deno.test("migrate() keeps all rows, seqs, keys and cursors, and leaves the table alone if not told", async () => {
  await using database = await postgres.database();
  const { sql } = database;
  const sent = someEvents(200);
  await store(sql, sent);
  for (const count of [4, 7, 7, undefined, 0]) {
    const before = new Map<Order, [string[], EventPage["next"]]>();
    for (const order of ["asc", "desc", "time_asc", "time_desc"] as const) {
      const { next } = await readEvents(sql, { order }, 30);
      before.set(order, [await pages(sql, order), next]);
    }
    await migrate(sql, count);
    assert.equal(await partitions(sql), count ?? 7);
    for (const [order, [all, next]] of before) {
      assert.deepEqual(await pages(sql, order), all, order);
      assert.deepEqual(await pages(sql, order, next), all.slice(30), order);
    }
    const last = (await readHead(sql, { above: -1, ended: 0n })).last;
    const more = event();
    assert.deepEqual((await store(sql, [...sent, more])).stored, 1);
    sent.push(...sent, more);
    await assertStoredOnce(sql, sent);
    const { seq } = JSON.parse((await readEvent(sql, more.topic, more.event_id))!);
    assert.ok(seq > last && last >= 200, `${seq} after ${last}`);
  }
});

Deno.test("of several processes one gives the table its partitions, the others find them", async () => {
  await using database = await postgres.database();
  const { sql } = database;
  const sent = someEvents(100);
  await store(sql, sent);
  const others = Array.from({ length: 4 }, () => connect(database.url, 1, "sekali test"));
  try {
    await Promise.all(others.map((sql) => sql`select 1`));
    const log = await logOf(() =>
      Promise.all(others.map((sql, at) => migrate(sql, at === 0 ? undefined : 4)))
    );
    assert.equal(log.length, 2, log.join("\n"));
    assert.match(log[0]!, /^info: The events are copied into 4 partitions; they had 0$/);
    assert.match(log[1]!, /^info: The events have 4 partitions now: 100 rows in [\d.]+ s$/);
  } finally {
    await Promise.all(others.map((sql) => sql.end({ timeout: 0 })));
  }
  assert.equal(await partitions(sql), 4);
  await assertStoredOnce(sql, sent);
});

Deno.test("a change that is cut off, or may wait no longer, leaves the table as it was", async () => {
  await using database = await postgres.database();
  const { sql } = database;
  const sent = someEvents(100);
  await store(sql, sent);
  const [made, defined] = [await relations(sql), await definition(sql)];
  await using reader = await sql.open();
  await reader`select from processed_events`;
  await using other = usePool(database.url);
  // All is copied; only the places are not changed, since somebody reads.
  const changing = assert.rejects(migrate(other.sql, 4), isUnavailable);
  await locked(sql, "relation");
  await sql`
    select pg_terminate_backend(pid) from pg_locks join pg_stat_activity using (pid)
    where not granted and locktype = 'relation' and application_name = 'sekali test pool'`;
  await within(10_000, "The end", changing);
  const late = other.sql.begin((tx) => repartition(tx, 4, 50));
  await assert.rejects(within(10_000, "Giving up", late), { code: "55P03" });
  await reader.commit();
  assert.deepEqual(await relations(sql), made);
  assert.deepEqual(await definition(sql), defined);
  assert.equal((await store(sql, sent)).stored, 0);
  await assertStoredOnce(sql, [...sent, ...sent]);
  await migrate(sql, 4);
  assert.equal(await partitions(sql), 4);
});

Deno.test("while the table changes readers read and consumers wait, and what both have prepared goes on", async () => {
  await using database = await postgres.database();
  const { sql } = database;
  const sent = someEvents(100);
  await store(sql, sent);
  await using reader = usePool(database.url);
  await using consumer = usePool(database.url);
  await using hurried = usePool(database.url, 200);
  const read = () =>
    Promise.all([
      readEvents(reader.sql, { order: "desc", topic: "app.1" }, 10),
      readEvent(reader.sql, sent[0]!.topic, sent[0]!.event_id),
      readFirst(reader.sql, {}, { after: 10, upTo: 50 }, 20),
      readHistogram(reader.sql, {}),
      readTopicSources(reader.sql, "app.2"),
      readDue(reader.sql, [{ topic: "app.0", since: new Date(0) }]),
      readHead(reader.sql, { above: 1e9, ended: 0n }).then(({ last }) => last),
    ]);
  for (const count of [4, 0]) {
    // So often that PostgreSQL has plans which it keeps.
    for (let times = 0; times < 8; times++) await store(consumer.sql, sent.slice(times));
    for (let times = 0; times < 8; times++) await read();
    const before = await read();
    // Nobody else can make a table of that name until this ends.
    await using blocker = await sql.open();
    await blocker`create table processed_events_made ()`;
    const changing = migrate(sql, count);
    await locked(sql, "transactionid");
    assert.deepEqual(await within(10_000, "Reading", read()), before);
    const late = event();
    const storing = store(consumer.sql, [...sent, late]);
    await locked(sql, "relation");
    await assert.rejects(store(hurried.sql, [late]), isTimeout);
    await blocker[Symbol.asyncDispose]();
    await within(10_000, "Changing", changing);
    assert.equal((await within(10_000, "Storing", storing)).stored, 1);
    assert.equal((await store(hurried.sql, [late])).stored, 0);
    assert.equal(await partitions(sql), count);
    sent.push(late);
    const after = await read();
    assert.deepEqual(after.slice(0, 3), before.slice(0, 3));
    assert.ok(after.at(-1)! > before.at(-1)!);
  }
});

Deno.test("expireEvents() deletes of partitions what has expired, nothing that has the same place in another", async () => {
  await using database = await postgres.database({ partitions: 7 });
  const { sql } = database;
  const [old, young] = [someEvents(100), someEvents(100)].map((all) =>
    all.map((one) => ({ ...one, topic: "a" }))
  ) as [Event[], Event[]];
  for (let at = 0; at < 100; at += 10) {
    await store(sql, old.slice(at, at + 10), 3);
    await store(sql, young.slice(at, at + 10), 1);
  }
  const limit = { topic: "a", since: new Date(Date.now() - 2 * HOUR_MS) };
  await using reader = await sql.open();
  await reader`select from processed_events where event_id = ${old[7]!.event_id} for update`;
  const swept = await within(10_000, "Expiring", expireEvents(sql, limit, 0, 150));
  assert.deepEqual([swept.looked, swept.expired], [150, 79]);
  await reader.commit();
  assert.equal((await expireEvents(sql, limit, 0, 500)).expired, 21);
  assert.deepEqual(
    new Set((await pages(sql, "asc")).map((json) => JSON.parse(json).event_id)),
    new Set(young.map(({ event_id }) => event_id)),
  );
});
