/**
 * Do the filters of `GET /events` find what they should and nothing else, and does paging show
 * everything exactly once?
 */
import assert from "node:assert/strict";
import type { Event } from "../../lib/event.ts";
import { EXPORT_CHUNK_ROWS } from "../../lib/sql/limits.ts";
import { apply } from "../../lib/sql/apply.ts";
import { isUnavailable, type Sql } from "../../lib/sql/connect.ts";
import {
  type EventQuery,
  exportEvents,
  type Position,
  readEvent,
  readEvents,
  topicPattern,
} from "../../lib/sql/events.ts";
import { usePostgres } from "../helpers/database.ts";
import { ACCEPTED_AT, entry, eventJson } from "../helpers/entries.ts";
import { event, events } from "../helpers/events.ts";

const postgres = usePostgres();

const JOURNAL = "00000000-0000-4000-8000-000000000001";
let nextEntry = 1;

/** Stores events, in this order of arrival. */
async function store(sql: Sql, sent: readonly (Event | string)[]) {
  for (const one of sent) await apply(sql, JOURNAL, 1, [entry(nextEntry++, [one])]);
}

/** Stores events in one transaction, in whatever order. */
async function storeMany(sql: Sql, sent: readonly Event[]) {
  await apply(sql, JOURNAL, 1, [entry(nextEntry++, sent)]);
}

type Found = { topic: string; event_id: string; seq: number; timestamp: string };

async function find(sql: Sql, query: Partial<EventQuery>, limit = 1_000): Promise<Found[]> {
  const { events } = await readEvents(sql, { order: "asc", ...query }, limit);
  return events.map((json) => JSON.parse(json));
}

/** Event ids of what a query finds, oldest first. */
const ids = async (sql: Sql, query: Partial<EventQuery>) =>
  (await find(sql, query)).map(({ event_id }) => event_id);

/** Events with their topics as ids. */
const onTopics = (...topics: string[]) => topics.map((topic) => event({ topic, event_id: topic }));

Deno.test("readEvents() gives each event in full, with its time of arrival and number", async () => {
  await using database = await postgres.database();
  const sent = event({ payload: { content: "x", metadata: { a: [1, null] }, more: true } });
  await store(database.sql, [sent]);
  const [found] = await find(database.sql, {});
  assert.deepEqual(found, {
    ...sent,
    timestamp: "2026-11-22T09:30:00+00:00",
    received_at: "2026-11-22T09:30:00.123+00:00",
    seq: 1,
  });
  assert.equal(ACCEPTED_AT, Date.parse("2026-11-22T09:30:00.123Z"));
});

Deno.test("readEvents() finds nothing where nothing is, or nothing matches", async () => {
  await using database = await postgres.database();
  assert.deepEqual(await readEvents(database.sql, { order: "asc" }, 10), {
    events: [],
    next: undefined,
  });
  await store(database.sql, onTopics("a"));
  for (const query of [{ topic: "b" }, { topic: "b.*" }, { source: "a" }, { q: "zebra" }]) {
    assert.deepEqual(await ids(database.sql, query), [], JSON.stringify(query));
  }
});

Deno.test("readEvents() takes a topic literally unless it is a pattern", async () => {
  await using database = await postgres.database();
  await store(database.sql, onTopics("app.log", "app.log.web", "appxlog", "App.log", "app.log*"));
  assert.deepEqual(await ids(database.sql, { topic: "app.log" }), ["app.log"]);
  assert.deepEqual(await ids(database.sql, { topic: "app.log*" }), ["app.log*"]);
});

Deno.test("readEvents() finds one level with * and all that follow with >", async () => {
  await using database = await postgres.database();
  const topics = ["app", "app.log", "app.log.web", "app.log.web.1", "app.metric.web", "xapp.log.y"];
  await store(database.sql, onTopics(...topics, "app.log.line\nbreak", "app.(log).web"));
  const expected: Record<string, string[]> = {
    "app.log.*": ["app.log.web", "app.log.line\nbreak"],
    "app.*.web": ["app.log.web", "app.metric.web", "app.(log).web"],
    "*": ["app"],
    "*.*": ["app.log"],
    ">": [...topics, "app.log.line\nbreak", "app.(log).web"],
    "app.log.>": ["app.log.web", "app.log.web.1", "app.log.line\nbreak"],
    "*.log.>": ["app.log.web", "app.log.web.1", "xapp.log.y", "app.log.line\nbreak"],
    "app.(log).*": ["app.(log).web"],
    "app.lo.*": [],
  };
  for (const [topic, found] of Object.entries(expected)) {
    assert.deepEqual(await ids(database.sql, { topic }), found, topic);
  }
});

Deno.test("topicPattern() is undefined for a plain topic", () => {
  for (const topic of ["app", "app.log", "app.log*", "*app", "a.>b", ">.a", "a.>.b", ""]) {
    assert.equal(topicPattern(topic), undefined, topic);
  }
});

Deno.test("topicPattern() matches whole topics, and every other character stands for itself", () => {
  const matches = (pattern: string, topic: string) =>
    new RegExp(topicPattern(pattern)!).test(topic);
  assert.ok(matches("a.*", "a.b"));
  assert.ok(!matches("a.*", "a."));
  assert.ok(!matches("a.*", "a.b.c"));
  assert.ok(!matches("a.*", "xa.b"));
  assert.ok(matches("a.>", "a.b.c"));
  assert.ok(!matches("a.>", "a"));
  assert.ok(matches(">", "anything.at.all"));
  for (const odd of [..."^$|?+()[]{}\\/-#&~ \"'", "[a-z]", "(.)", "\\d", "***:"]) {
    assert.ok(matches(`${odd}.*`, `${odd}.x`), odd);
    assert.ok(!matches(`${odd}.*`, "5.x"), odd);
  }
});

Deno.test("readEvents() finds the events of a source, taken literally", async () => {
  await using database = await postgres.database();
  const sources = ["web", "web-1", "WEB", "we%", "' or true --"];
  await store(database.sql, sources.map((source) => event({ source, event_id: source })));
  for (const source of sources) assert.deepEqual(await ids(database.sql, { source }), [source]);
});

Deno.test("readEvents() finds events from an instant, included, to an instant, excluded, in any zone", async () => {
  await using database = await postgres.database();
  const at = (timestamp: string) => event({ timestamp, event_id: timestamp });
  const times = [
    "2026-11-22T08:59:59.999999Z",
    "2026-11-22T09:00:00Z",
    "2026-11-22T16:30:00+07:00",
    "2026-11-22T10:00:00Z",
  ];
  await store(database.sql, times.map(at));
  const from = "2026-11-22T09:00:00Z", to = "2026-11-22T10:00:00Z";
  assert.deepEqual(await ids(database.sql, { from }), times.slice(1));
  assert.deepEqual(await ids(database.sql, { to }), times.slice(0, 3));
  assert.deepEqual(await ids(database.sql, { from, to }), times.slice(1, 3));
  assert.deepEqual(
    await ids(database.sql, {
      from: "2026-11-22T16:30:00+07:00",
      to: "2026-11-22T09:30:00.000001Z",
    }),
    [times[2]],
  );
  assert.deepEqual(await ids(database.sql, { from: "2026-11-22", to: "2026-11-23" }), times);
  assert.deepEqual(await ids(database.sql, { from: "2026-11-23" }), []);
});

Deno.test("readEvents() finds text in the payload in any case, with % _ and \\ as themselves", async () => {
  await using database = await postgres.database();
  const contents = ["50% off", "50 off", "a_b", "axb", "back\\\\slash", "Straße 😀", "it's"];
  await store(
    database.sql,
    contents.map((content) => eventJson(`{"content":"${content}"}`, { event_id: content })),
  );
  const expected: Record<string, string[]> = {
    "50%": ["50% off"],
    "%": ["50% off"],
    "a_b": ["a_b"],
    "_": ["a_b"],
    "OFF": ["50% off", "50 off"],
    "\\": ["back\\\\slash"],
    "straße": ["Straße 😀"],
    "😀": ["Straße 😀"],
    "it's": ["it's"],
    "": contents,
  };
  for (const [q, found] of Object.entries(expected)) {
    assert.deepEqual(await ids(database.sql, { q }), found, q);
  }
});

Deno.test("readEvents() joins all filters", async () => {
  await using database = await postgres.database();
  const wanted = event({ topic: "a.b", source: "s", payload: { content: "needle" } });
  await store(database.sql, [
    wanted,
    { ...wanted, event_id: "1", topic: "c" },
    { ...wanted, event_id: "2", source: "t" },
    { ...wanted, event_id: "3", payload: { content: "hay" } },
    { ...wanted, event_id: "4", timestamp: "2026-11-23T00:00:00Z" },
  ]);
  for (const topic of ["a.b", "a.*"]) {
    const query = { topic, source: "s", q: "need", from: "2026-11-22", to: "2026-11-23" };
    assert.deepEqual(await ids(database.sql, query), [wanted.event_id]);
  }
});

Deno.test("readEvents() orders by arrival, oldest or latest first", async () => {
  await using database = await postgres.database();
  const arrived = ["c", "a", "b"];
  await store(database.sql, onTopics(...arrived));
  assert.deepEqual((await find(database.sql, { order: "asc" })).map((one) => one.topic), arrived);
  assert.deepEqual(
    (await find(database.sql, { order: "desc" })).map((one) => one.topic),
    arrived.toReversed(),
  );
});

Deno.test("readEvents() says where to go on only if there is more", async () => {
  await using database = await postgres.database();
  await storeMany(database.sql, events(3));
  const page = (limit: number) => readEvents(database.sql, { order: "asc" }, limit);
  assert.equal((await page(3)).next, undefined);
  assert.equal((await page(4)).next, undefined);
  const { events: [, second], next } = await page(2);
  assert.deepEqual(next, { seq: JSON.parse(second!).seq });
});

/** Reads page after page, and stores something before each but the first. */
async function readAll(sql: Sql, query: EventQuery, limit: number, meanwhile: () => Promise<void>) {
  const seen: Found[] = [];
  let after: Position | undefined;
  for (;;) {
    const { events, next } = await readEvents(sql, { ...query, after }, limit);
    assert.ok(events.length <= limit);
    seen.push(...events.map((json) => JSON.parse(json)));
    if (next === undefined) return seen;
    after = next;
    await meanwhile();
  }
}

for (const order of ["asc", "desc"] as const) {
  for (const topic of [undefined, "p.0", "p.*"]) {
    Deno.test(`readEvents() shows everything once, page by page, while events arrive: ${order}, ${topic ?? "all topics"}`, async () => {
      await using database = await postgres.database();
      const { sql } = database;
      const some = () => [...events(23, { topic: "p.0" }), ...events(17, { topic: "p.1" })];
      await storeMany(sql, some());
      await storeMany(sql, some());
      const before = await find(sql, { topic });
      let rounds = 0;
      const seen = await readAll(sql, { topic, order }, 7, async () => {
        if (rounds++ < 5) await storeMany(sql, some().slice(20));
      });
      assert.ok(rounds > 5);
      // What arrives behind the reader's back is left to another reading.
      const expected = order === "asc" ? await find(sql, { topic }) : before.toReversed();
      assert.deepEqual(seen.map(({ seq }) => seq), expected.map(({ seq }) => seq));
    });
  }
}

/** Events at few instants, with and without fractions, in no order. */
const atInstants = (count: number) =>
  Array.from({ length: count }, (_, n) => {
    const fraction = ["", ".5", ".500001", ".123456"][n % 4];
    return event({ timestamp: `2026-11-22T09:30:0${(n * 7) % 5}${fraction}Z` });
  });

for (const order of ["time_asc", "time_desc"] as const) {
  Deno.test(`readEvents() by event time shows everything once, ties by arrival: ${order}`, async () => {
    await using database = await postgres.database();
    const { sql } = database;
    await storeMany(sql, atInstants(40));
    await storeMany(sql, atInstants(40));
    let rounds = 0;
    // What comes later than all that was read so far, in event time, is met if the order leads there.
    const late = event({ timestamp: "2026-11-22T09:31:00Z" });
    const seen = await readAll(sql, { order }, 7, async () => {
      if (rounds++ === 3) await storeMany(sql, [late]);
    });
    const keys = seen.map(({ timestamp, seq }) =>
      `${timestamp.padEnd(40)} ${`${seq}`.padStart(9)}`
    );
    assert.deepEqual(keys, order === "time_asc" ? keys.toSorted() : keys.toSorted().toReversed());
    assert.equal(new Set(keys).size, order === "time_asc" ? 81 : 80);
  });
}

Deno.test("readEvent() finds an event by both parts of its key", async () => {
  await using database = await postgres.database();
  const { sql } = database;
  await storeMany(sql, [
    event({ topic: "a/b", event_id: "1" }),
    event({ topic: "c", event_id: "2" }),
  ]);
  assert.equal(JSON.parse((await readEvent(sql, "a/b", "1"))!).topic, "a/b");
  assert.equal(await readEvent(sql, "c", "1"), undefined);
});

/** Reads a whole export; calls `meanwhile` after the first part. */
async function exported(sql: Sql, query: Partial<EventQuery>, meanwhile?: () => Promise<void>) {
  const parts: Found[][] = [];
  for await (const rows of exportEvents(sql, { order: "asc", ...query })) {
    parts.push(rows.map((json) => JSON.parse(json)));
    if (parts.length === 1) await meanwhile?.();
  }
  return parts;
}

Deno.test("exportEvents() gives all events of one moment in parts of bounded size", async () => {
  await using database = await postgres.database();
  const { sql } = database;
  const many = 2 * EXPORT_CHUNK_ROWS + 1;
  await storeMany(sql, events(many));
  const parts = await exported(sql, {}, () => storeMany(sql, events(10)));
  assert.deepEqual(parts.map((part) => part.length), [EXPORT_CHUNK_ROWS, EXPORT_CHUNK_ROWS, 1]);
  assert.deepEqual(
    parts.flat().map(({ seq }) => seq),
    Array.from({ length: many }, (_, at) => at + 1),
  );
});

Deno.test("exportEvents() filters and orders like a page", async () => {
  await using database = await postgres.database();
  await storeMany(database.sql, [...events(5, { topic: "a.b" }), ...events(5, { topic: "c" })]);
  const [part] = await exported(database.sql, { topic: "a.*", order: "desc" });
  const page = await find(database.sql, { topic: "a.*", order: "desc" });
  assert.equal(page.length, 5);
  assert.deepEqual(part, page);
  assert.deepEqual((await exported(database.sql, { topic: "none" })).flat(), []);
});

Deno.test("exportEvents() gives its connection back when its reader stops early", async () => {
  await using database = await postgres.database();
  await storeMany(database.sql, events(EXPORT_CHUNK_ROWS + 1));
  // More often than there are connections.
  for (let n = 0; n < 6; n++) {
    for await (const rows of exportEvents(database.sql, { order: "asc" })) {
      assert.equal(rows.length, EXPORT_CHUNK_ROWS);
      break;
    }
  }
  assert.equal((await find(database.sql, {}, 1)).length, 1);
});

Deno.test("exportEvents() fails where its connection breaks, rather than end early", async () => {
  await using database = await postgres.database();
  await storeMany(database.sql, events(2 * EXPORT_CHUNK_ROWS));
  const reader = exportEvents(database.sql, { order: "asc" });
  assert.equal((await reader.next()).value?.length, EXPORT_CHUNK_ROWS);
  await database.sql`
    select pg_terminate_backend(pid) from pg_stat_activity where state = 'idle in transaction'`;
  await assert.rejects(reader.next(), isUnavailable);
});
