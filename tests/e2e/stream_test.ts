/**
 * Does `GET /stream` send every committed event exactly once, whatever commits in whatever order, to
 * clients that go and come back, to slow ones, and to those that asked for a rate?
 */
import assert from "node:assert/strict";
import { apply } from "../../lib/sql/apply.ts";
import type { Sql } from "../../lib/sql/connect.ts";
import { usePostgres } from "../helpers/database.ts";
import { entry } from "../helpers/entries.ts";
import { events } from "../helpers/events.ts";
import { type Service, startService, temporaryDirectory } from "../helpers/service.ts";
import { useEmptiedService, useService } from "../helpers/service_tests.ts";
import { openStream, type StreamClient, type Streamed } from "../helpers/stream.ts";

const postgres = usePostgres();
/** Where seqs begin with 1, and nothing else was streamed. */
const testAlone = useService(postgres);
const test = useEmptiedService(postgres);

const idsOf = (events: readonly { readonly event_id: string }[]) =>
  events.map(({ event_id }) => event_id);

async function publish(service: Service, count: number, fields = {}) {
  const sent = events(count, fields);
  const response = await service.publish(sent);
  assert.equal(response.status, 202);
  await response.body?.cancel();
  return sent;
}

/** Ids of all that is stored, in order. */
async function stored(sql: Sql): Promise<string[]> {
  return idsOf(await sql<Streamed[]>`select event_id from processed_events order by seq`);
}

testAlone(
  "/stream sends events as they are stored, as /events gives them, and where it is",
  async (service) => {
    await publish(service, 2);
    await service.settled();
    await using stream = await openStream(service.url, "types=event");
    const [begin] = await stream.until(() => true);
    assert.equal(begin!.event, "position");
    assert.equal(begin!.id, "2");
    const sent = await publish(service, 3);
    const frames = await stream.until(({ id }) => id === "5");
    await service.settled();
    const found = await (await fetch(`${service.url}/events?order=asc&cursor=2`)).text();
    assert.equal(`[${frames.map(({ data }) => data).join(",\n")}]`, found.trim());
    assert.deepEqual(new Set(idsOf(JSON.parse(found))), new Set(idsOf(sent)));
  },
);

test("/stream sends both the numbers and events where not said otherwise", async (service) => {
  await using stream = await openStream(service.url, "");
  await publish(service, 1);
  const frames = await stream.until(({ event }) => event === "event");
  assert.ok(frames.some(({ event }) => event === "stats"));
});

test(
  "/stream sends nothing beyond a transaction that is open, then all in order",
  async (service, { sql }) => {
    await using stream = await openStream(service.url, "types=event&after=0");
    {
      await using tx = await sql.open();
      const open = entry(1, events(2, { source: "open" }));
      await apply(tx as unknown as Sql, crypto.randomUUID(), 90, [open]);
      await publish(service, 3, { source: "other" });
      await service.settled();
      await using filtered = await openStream(service.url, "types=event&after=0&source=open");
      await publish(service, 1, { source: "other" });
      await service.settled();
      await tx.commit();
      assert.equal((await filtered.events(2)).length, 2);
    }
    const first = await stream.events(6);
    assert.deepEqual(first.map(({ source }) => source), [
      ...Array(2).fill("open"),
      ...Array(4).fill("other"),
    ]);
    {
      await using tx = await sql.open();
      const rolledBack = entry(2, events(2, { source: "rolled back" }));
      await apply(tx as unknown as Sql, crypto.randomUUID(), 90, [rolledBack]);
      await publish(service, 2);
      await service.settled();
    }
    assert.deepEqual(idsOf([...first, ...await stream.events(2)]), await stored(sql));
  },
);

test(
  "/stream goes on by Last-Event-ID under load, none missed, none twice",
  async (service, { sql }) => {
    const sending = Promise.all(Array.from({ length: 4 }, async () => {
      for (let n = 0; n < 40; n++) await publish(service, 1 + n % 20);
    }));
    const expected = 4 * 2 * 210;
    const seen: Streamed[] = [];
    let position = "0";
    while (seen.length < expected) {
      const headers = { "last-event-id": position };
      await using stream = await openStream(service.url, "types=event&after=0", headers);
      seen.push(...await stream.events(Math.min(100, expected - seen.length)));
      position = stream.position!;
    }
    await sending;
    await service.settled();
    assert.deepEqual(idsOf(seen), await stored(sql));
  },
);

test("/stream sends what its filters match, and says how far it looked", async (service) => {
  await using byTopic = await openStream(service.url, "types=event&after=0&topic=app.*");
  await using bySource = await openStream(service.url, "types=event&after=0&source=b&q=ell");
  await publish(service, 2, { topic: "cron", source: "a" });
  await publish(service, 3, { topic: "app.log", source: "b" });
  await publish(service, 1, { topic: "cron", source: "b", payload: { content: "other" } });
  await service.settled();
  const [{ seq }] = await service.get("/events?limit=1");
  const topics = await byTopic.until(({ id }) => id === String(seq));
  const isEvent = ({ event }: { event?: string | undefined }) => event === "event";
  assert.equal(topics.filter(isEvent).length, 3);
  const sources = await bySource.until(({ id }) => id === String(seq));
  assert.equal(sources.filter(isEvent).length, 3);
});

testAlone(
  "/stream costs little where the client does not read, and sends it everything later",
  async (service, { sql }) => {
    const memory = async () => {
      const text = await (await fetch(`${service.url}/metrics`)).text();
      return Number(/^process_resident_memory_bytes (\S+)/m.exec(text)![1]);
    };
    // 30 MB of events for each of those that do not read.
    const payload = { content: "x".repeat(10_000) };
    for (let n = 0; n < 3; n++) await publish(service, 1_000, { payload });
    await service.settled();
    const before = await memory();
    const query = "types=stats,event&after=0";
    const slow = await Promise.all(Array.from({ length: 8 }, () => openStream(service.url, query)));
    {
      await using fast = await openStream(service.url, query);
      await fast.events(3_000);
    }
    assert.ok(await memory() < before + 100e6);
    const seen = await slow[0]!.events(3_000);
    for (const client of slow) await client[Symbol.asyncDispose]();
    assert.deepEqual(idsOf(seen), await stored(sql));
  },
);

/** What came of a stream until it was at a position. */
async function sampled(stream: StreamClient, seq: number) {
  const frames = await stream.until(({ id }) => Number(id) >= seq);
  const counts = frames.filter(({ event }) => event === "skipped")
    .map(({ data }) => JSON.parse(data).count as number);
  return {
    seqs: frames.filter(({ event }) => event === "event").map(({ id }) => Number(id)),
    skipped: counts.reduce((sum, count) => sum + count, 0),
  };
}

testAlone(
  "/stream with a rate sends the latest in order, and says how many it left out",
  async (service) => {
    await using stream = await openStream(service.url, "types=event&rate=10&after=0");
    for (let n = 0; n < 5; n++) await publish(service, 1_000);
    await service.settled();
    const { seqs, skipped } = await sampled(stream, 5_000);
    assert.equal(seqs.length + skipped, 5_000);
    assert.ok(seqs.length >= 1_000 && seqs.length < 1_500, String(seqs.length));
    assert.deepEqual(seqs, seqs.toSorted((a, b) => a - b));
    assert.equal(new Set(seqs).size, seqs.length);
  },
);

test("/stream with a rate that is not reached leaves nothing out", async (service, { sql }) => {
  await using stream = await openStream(service.url, "types=event&rate=10&after=0");
  await publish(service, 300);
  const seen = await stream.events(300);
  await service.settled();
  assert.deepEqual(idsOf(seen), await stored(sql));
});

testAlone(
  "/stream begins with what comes next where the position is of another store",
  async (service) => {
    await publish(service, 2);
    await service.settled();
    await using stream = await openStream(service.url, "types=event&after=4711");
    const [begin] = await stream.until(() => true);
    assert.equal(begin!.id, "2");
    const sent = await publish(service, 1);
    assert.deepEqual(idsOf(await stream.events(1)), idsOf(sent));
  },
);

test("/stream refuses what it does not know", async (service) => {
  for (
    const query of [
      "types=",
      "types=event,more",
      "rate=0",
      "rate=x",
      "after=-1",
      "after=1e3",
      "from=2026-11-22",
      "more=1",
      "topic=a&topic=b",
    ]
  ) {
    const response = await fetch(`${service.url}/stream?${query}`);
    assert.equal(response.status, 400, query);
    assert.equal(response.headers.get("content-type"), "application/problem+json");
    await response.body?.cancel();
  }
  const headers = { "last-event-id": "x" };
  const response = await fetch(`${service.url}/stream`, { headers });
  assert.equal(response.status, 400);
  assert.match((await response.json()).detail, /^Last-Event-ID must be a whole number/);
});

testAlone("HEAD /stream answers, and leaves no stream open", async (service) => {
  const response = await fetch(`${service.url}/stream`, { method: "HEAD" });
  assert.equal(response.headers.get("content-type"), "text/event-stream");
  assert.match(await (await fetch(`${service.url}/metrics`)).text(), /^sekali_streams 0$/m);
});

Deno.test("/stream goes on where it was after the service has started again", async () => {
  await using database = await postgres.database({ migrated: false });
  await using data = await temporaryDirectory();
  const env = { DATABASE_URL: database.url, DATA_DIR: data.path };
  const seen: Streamed[] = [];
  let position: string;
  {
    await using service = await startService(env);
    await using stream = await openStream(service.url, "types=event&after=0");
    await publish(service, 10);
    seen.push(...await stream.events(4));
    position = stream.position!;
    await publish(service, 5);
    await service.kill();
  }
  await using service = await startService(env);
  await using stream = await openStream(service.url, "types=event", { "last-event-id": position });
  seen.push(...await stream.events(11));
  assert.deepEqual(idsOf(seen), await stored(database.sql));
  // A stop ends it.
  const stopped = service.stop();
  while (await stream.next() !== undefined);
  assert.equal(await stopped, 0);
});

test(
  "/stream stays open where the connections of the feed break, and goes on",
  async (service, { sql }) => {
    await using stream = await openStream(service.url, "types=event&after=0");
    await publish(service, 1);
    await stream.events(1);
    for (let n = 0; n < 5; n++) {
      await sql`
      select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'sekali feed'`;
      const sent = await publish(service, 1);
      assert.deepEqual(idsOf(await stream.events(1)), idsOf(sent));
    }
  },
);
