/**
 * Is what has expired deleted and counted, exactly and nothing else, and does nobody have to wait?
 */
import assert from "node:assert/strict";
import type { Event } from "../../lib/event.ts";
import { SWEEP_EVENTS } from "../../lib/limits.ts";
import { parseRetention } from "../../lib/retention.ts";
import { isConsistent } from "../../lib/snapshot.ts";
import { apply } from "../../lib/sql/apply.ts";
import type { Sql } from "../../lib/sql/connect.ts";
import { expireEvents, expireLetters, readDue } from "../../lib/sql/retention.ts";
import { readStats } from "../../lib/sql/stats.ts";
import { Sweeper } from "../../lib/sweeper.ts";
import { type TestDatabase, usePostgres } from "../helpers/database.ts";
import { entry, eventJson } from "../helpers/entries.ts";
import { event, events } from "../helpers/events.ts";
import { until } from "../helpers/service.ts";
import { within } from "../helpers/within.ts";

const postgres = usePostgres();
const JOURNAL = "00000000-0000-4000-8000-000000000001";
const NOW = Date.now();
const HOUR_MS = 3_600_000;
const hoursAgo = (hours: number) => NOW - hours * HOUR_MS;
const since = (hours: number) => new Date(hoursAgo(hours));
let nextEntry = 1;

/** Stores events as a consumer does, as if they had come some hours ago. */
function store(sql: Sql, sent: readonly (Event | string)[], hours: number) {
  return apply(sql, JOURNAL, 1, [entry(nextEntry++, sent, hoursAgo(hours))]);
}

/** How many events of each topic are stored. */
async function stored(sql: Sql): Promise<Record<string, number>> {
  const rows = await sql<{ topic: string; events: number }[]>`
    select topic, count(*) as events from processed_events group by topic order by topic`;
  return Object.fromEntries(rows.map(({ topic, events }) => [topic, events]));
}

/** Sweeps by rules until the store is as it should be. */
async function sweep({ url, sql }: TestDatabase, rules: string, left: Record<string, number>) {
  const sweeper = new Sweeper(url, parseRetention(rules));
  try {
    await until(() => stored(sql), (now) => JSON.stringify(now) === JSON.stringify(left));
  } finally {
    await sweeper.stop();
  }
}

Deno.test("expireEvents() deletes what has expired, page by page, and counts it", async () => {
  await using database = await postgres.database();
  const { sql } = database;
  await store(sql, events(15, { topic: "a" }), 4);
  await store(sql, events(10, { topic: "a" }), 3);
  await store(sql, events(10, { topic: "a" }), 1);
  await store(sql, events(5, { topic: "b" }), 3);
  const limit = { topic: "a", since: since(2) };
  const pages = [];
  for (let after = 0, page; page === undefined || page.expired > 0; after = page.last!) {
    page = await expireEvents(sql, limit, after, 10);
    pages.push([page.looked, page.expired, page.last]);
  }
  assert.deepEqual(pages, [[10, 10, 10], [10, 10, 20], [10, 5, 30], [5, 0, 35]]);
  assert.deepEqual(await stored(sql), { a: 10, b: 5 });
  const { totals, expired, topics } = await readStats(sql);
  assert.ok(isConsistent(totals, topics));
  assert.deepEqual([totals.received, totals.unique_processed, expired], [40, 40, 25]);
  assert.deepEqual(topics.map(({ expired }) => expired), [25, 0]);
  assert.deepEqual(topics.map((topic) => Date.parse(topic.deduplicates_since ?? "")), [
    hoursAgo(3),
    NaN,
  ]);
});

Deno.test("expireEvents() finds expired events behind some that arrived earlier and have not", async () => {
  await using database = await postgres.database();
  const { sql } = database;
  for (const hours of [3, 1, 3, 1, 3]) await store(sql, events(2, { topic: "a" }), hours);
  const limit = { topic: "a", since: since(2) };
  assert.deepEqual(await expireEvents(sql, limit, 0, 100), { looked: 10, expired: 6, last: 10 });
  assert.deepEqual(await stored(sql), { a: 4 });
});

Deno.test("a key that has expired is stored again, and what is kept still drops its repeats", async () => {
  await using database = await postgres.database();
  const { sql } = database;
  const [old, young] = [event({ topic: "a" }), event({ topic: "a" })];
  await store(sql, [old], 3);
  await store(sql, [young], 1);
  await expireEvents(sql, { topic: "a", since: since(2) }, 0, 100);
  const { stored: again, duplicates } = await store(sql, [old, young, old], 0);
  assert.deepEqual([again, duplicates], [1, 2]);
  assert.deepEqual(await stored(sql), { a: 2 });
  const { totals, expired, topics } = await readStats(sql);
  assert.ok(isConsistent(totals, topics));
  assert.deepEqual([totals.unique_processed, expired], [3, 1]);
});

Deno.test("an entry that is delivered again after its events have expired stores nothing", async () => {
  await using database = await postgres.database();
  const { sql } = database;
  const delivered = entry(nextEntry++, events(3, { topic: "a" }), hoursAgo(3));
  await apply(sql, JOURNAL, 1, [delivered]);
  await expireEvents(sql, { topic: "a", since: since(2) }, 0, 100);
  assert.equal((await apply(sql, JOURNAL, 1, [delivered])).received, 0);
  assert.deepEqual(await stored(sql), {});
});

Deno.test("readDue() names the topics of which the first event has expired", async () => {
  await using database = await postgres.database();
  const { sql } = database;
  for (const [topic, hours] of [["a", 3], ["b", 1], ["c", 3], ["%", 3]] as const) {
    await store(sql, [event({ topic })], hours);
  }
  const limits = ["a", "b", "%", "none"].map((topic) => ({ topic, since: since(2) }));
  assert.deepEqual((await readDue(sql, limits)).map(({ topic }) => topic), ["a", "%"]);
  assert.deepEqual(await readDue(sql, []), []);
});

Deno.test("consumers commit while a deletion is open, but for a repeat of what it deletes", async () => {
  await using database = await postgres.database();
  const { sql } = database;
  const old = events(10, { topic: "a" });
  await store(sql, old, 3);
  await using tx = await sql.open();
  const swept = await expireEvents(tx as unknown as Sql, { topic: "a", since: since(2) }, 0, 100);
  assert.equal(swept.expired, 10);
  // New events of the same topic.
  await within(10_000, "Storing", store(sql, events(5, { topic: "a" }), 0));
  const repeat = store(sql, [old[0]!], 0);
  const waiting = () => sql`select from pg_locks where not granted and locktype = 'transactionid'`;
  await until(waiting, ({ length }) => length > 0);
  await tx.commit();
  assert.equal((await repeat).stored, 1);
  assert.deepEqual(await stored(sql), { a: 6 });
});

Deno.test("expireEvents() waits for nobody: a row that is locked is left for later", async () => {
  await using database = await postgres.database();
  const { sql } = database;
  await store(sql, events(10, { topic: "a" }), 3);
  const limit = { topic: "a", since: since(2) };
  await using tx = await sql.open();
  await tx`select from processed_events where seq = 3 for update`;
  assert.equal((await within(10_000, "Expiring", expireEvents(sql, limit, 0, 100))).expired, 9);
  await tx.commit();
  assert.equal((await expireEvents(sql, limit, 0, 100)).expired, 1);
});

Deno.test("of two processes one deletes at a time, and each event is counted once", async () => {
  await using database = await postgres.database();
  await using other = await postgres.database();
  const { sql } = database;
  await store(sql, events(10, { topic: "a" }), 3);
  await store(other.sql, events(10, { topic: "a" }), 3);
  const limit = { topic: "a", since: since(2) };
  {
    await using tx = await sql.open();
    await expireEvents(tx as unknown as Sql, limit, 0, 5);
    const none = { looked: 0, expired: 0, last: null };
    assert.deepEqual(await within(10_000, "Expiring", expireEvents(sql, limit, 0, 5)), none);
    // Another store in the same database is none of its business.
    assert.equal((await expireEvents(other.sql, limit, 0, 5)).expired, 5);
    await tx.commit();
  }
  await store(sql, events(3 * SWEEP_EVENTS, { topic: "b" }), 3);
  const rules = parseRetention("2h");
  const sweepers = [1, 2, 3].map(() => new Sweeper(database.url, rules));
  await until(() => stored(sql), (now) => Object.keys(now).length === 0);
  await Promise.all(sweepers.map((sweeper) => sweeper.stop()));
  assert.equal((await readStats(sql)).expired, 10 + 3 * SWEEP_EVENTS);
});

Deno.test("Sweeper keeps each topic as long as the first rule that matches says", async () => {
  await using database = await postgres.database();
  const { sql } = database;
  for (const topic of ["app.debug.x", "app.log", "audit.login", "other"]) {
    for (const hours of [900, 30, 1]) await store(sql, events(2, { topic }), hours);
  }
  await sweep(database, "app.debug.>=2h,audit.>=forever,*=30d", {
    "app.debug.x": 2,
    "app.log": 4,
    "audit.login": 6,
    other: 4,
  });
});

Deno.test("Sweeper deletes any number of events, page by page, none twice", async () => {
  await using database = await postgres.database();
  const { sql } = database;
  const many = 2 * SWEEP_EVENTS + 7;
  await store(sql, events(many, { topic: "a" }), 3);
  await store(sql, events(3, { topic: "a" }), 1);
  await sweep(database, "2h", { a: 3 });
  assert.equal((await readStats(sql)).expired, many);
});

Deno.test("Sweeper deletes dead letters with their topic, from when they were last refused", async () => {
  await using database = await postgres.database();
  const { sql } = database;
  for (const [event_id, topic] of [["1", "a"], ["2", "a"], ["3", "audit"]] as const) {
    await store(sql, [eventJson('{"content":"","n":1e-20000}', { event_id, topic })], 9);
  }
  await sql`update dead_letters set failed_at = ${since(3)} where event_id <> '2'`;
  await store(sql, [event({ topic: "a" })], 3);
  const left = () => sql`select event_id from dead_letters order by id`;
  const sweeper = new Sweeper(database.url, parseRetention("audit=forever,2h"));
  await until(left, (letters) => letters.length === 2);
  await sweeper.stop();
  assert.deepEqual((await left()).map(({ event_id }) => event_id), ["2", "3"]);
  const { totals, topics } = await readStats(sql);
  assert.equal(totals.dead_letters, 3);
  assert.ok(isConsistent(totals, topics));
});

Deno.test("expireLetters() deletes as many as it may, and waits for nobody", async () => {
  await using database = await postgres.database();
  const { sql } = database;
  const poison = () => eventJson('{"content":"","n":1e-20000}', { topic: "a" });
  await store(sql, [poison(), poison(), poison(), poison()], 9);
  await using tx = await sql.open();
  await tx`select from dead_letters where id = (select min(id) from dead_letters) for update`;
  const limits = [{ topic: "a", since: new Date(Date.now() + HOUR_MS) }];
  const expire = (most: number) => within(10_000, "Expiring", expireLetters(sql, limits, most));
  assert.deepEqual([await expire(2), await expire(2), await expire(2)], [2, 1, 0]);
});

Deno.test("Sweeper stops at once, twice as well, and asks nothing where all is kept for ever", async () => {
  await using database = await postgres.database();
  const { sql } = database;
  await store(sql, events(2, { topic: "a" }), 900);
  for (const rules of ["forever", "1h"]) {
    const sweeper = new Sweeper(database.url, parseRetention(rules));
    if (rules === "1h") await until(() => stored(sql), (now) => now["a"] === undefined);
    else assert.deepEqual(await stored(sql), { a: 2 });
    await within(10_000, "Stopping", sweeper.stop());
    await within(10_000, "Stopping", sweeper.stop());
  }
});
