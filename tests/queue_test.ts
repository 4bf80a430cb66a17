/**
 * Does every entry that is offered get applied exactly once and released, whatever becomes of the
 * consumers, of the messages to them and of their connections? Real threads, journal and PostgreSQL.
 */
import assert from "node:assert/strict";
import { join } from "node:path";
import { ConsumerHandle } from "../lib/consumer_handle.ts";
import type { Event } from "../lib/event.ts";
import { JournalWriter } from "../lib/journal/writer.ts";
import { DELIVERY_EAGER_EVENTS, MAX_DELIVERY_EVENTS, REDELIVERY_MS } from "../lib/limits.ts";
import type { FromConsumer, ToConsumer } from "../lib/protocol.ts";
import { isConsistent } from "../lib/snapshot.ts";
import type { Sql } from "../lib/sql/connect.ts";
import { readStats } from "../lib/sql/stats.ts";
import { usePostgres } from "./helpers/database.ts";
import { events } from "./helpers/events.ts";
import { openPath, type Path } from "./helpers/path.ts";
import { startProxy } from "./helpers/proxy.ts";
import { newRandom } from "./helpers/random.ts";
import { temporaryDirectory, until } from "./helpers/service.ts";
import { within } from "./helpers/within.ts";

const postgres = usePostgres();

/** Asserts that exactly these deliveries of events were counted, and each key is stored once. */
async function assertStored(sql: Sql, sent: readonly Event[]) {
  const unique = new Set(sent.map(({ event_id, topic }) => JSON.stringify([event_id, topic]))).size;
  const { totals, topics } = await readStats(sql);
  assert.deepEqual({ ...totals }, {
    received: sent.length,
    unique_processed: unique,
    duplicate_dropped: sent.length - unique,
    dead_letters: 0,
  });
  assert.ok(isConsistent(totals, topics));
  const rows = await sql<{ event_id: string }[]>`select event_id from processed_events`;
  assert.deepEqual(
    new Set(rows.map(({ event_id }) => event_id)),
    new Set(sent.map(({ event_id }) => event_id)),
  );
  assert.equal(rows.length, unique);
}

/** Waits until the journal holds nothing any more. */
const released = ({ journal, applied }: Path) =>
  until(
    () => Promise.resolve(journal.file.oldest),
    (oldest) => oldest > Math.max(...applied.map(({ entries }) => entries.last)),
  );

/** Waits until all consumers are up, with nothing in hand. */
const allIdle = ({ queue }: Path) =>
  until(
    () => Promise.resolve(queue.consumers.map(({ state }) => state)),
    (states) => states.every((state) => state === "idle"),
  );

/** Waits until so many transactions of consumers wait for a lock; gives back their connections. */
const blockedConsumers = (sql: Sql, count: number) =>
  until(
    async () => [
      ...await sql<{ pid: number; name: string }[]>`
        select pid, application_name as name from pg_stat_activity
        where application_name like 'sekali consumer %' and wait_event_type = 'Lock'
        order by 2`,
    ],
    (blocked) => blocked.length === count,
  );

/** Holds back all consumers in the midst of their transactions, for as long as `during` takes. */
async function whileHeld(sql: Sql, during: () => Promise<void>) {
  await sql.begin(async (tx) => {
    await tx`lock table topic_stats in exclusive mode`;
    await during();
  });
}

/** Events of which some repeat others. */
function someEvents(count: number): Event[] {
  const fresh = events(Math.ceil(count * 0.7));
  return [...fresh, ...fresh.slice(0, count - fresh.length)];
}

Deno.test("a queue applies everything that is offered, once, and has it released", async () => {
  await using database = await postgres.database();
  await using path = await openPath(database.url);
  const random = newRandom();
  const sent = someEvents(6_000);
  const appends: Promise<void>[] = [];
  for (let from = 0; from < sent.length;) {
    const size = 1 + random.below(random.pick([1, 100, 1_000]));
    appends.push(path.append(sent.slice(from, from += size)));
    if (random.below(3) === 0) await appends.at(-1);
  }
  await Promise.all(appends);
  await path.settled();
  await assertStored(database.sql, sent);
  const { queue, applied } = path;
  assert.equal(applied.reduce((sum, { outcome }) => sum + outcome.received, 0), sent.length);
  assert.deepEqual([queue.pending, queue.lagMs, queue.redeliveries], [0, 0, 0]);
  await released(path);
});

Deno.test("a queue delivers at once when many events wait, and soon when few do", async () => {
  await using database = await postgres.database();
  await using path = await openPath(database.url, { consumers: 1 });
  for (const sent of [events(DELIVERY_EAGER_EVENTS), events(1)]) {
    await path.append(sent);
    assert.equal(path.queue.pending, sent.length);
    await path.settled();
  }
  assert.deepEqual(path.applied.map(({ outcome }) => outcome.received), [DELIVERY_EAGER_EVENTS, 1]);
});

Deno.test("after a silence the first event leaves at once, and those that follow soon go together", async () => {
  await using database = await postgres.database();
  await using path = await openPath(database.url, { consumers: 1 });
  await allIdle(path);
  const sent = events(30);
  for (const event of sent) await path.append([event]);
  await path.settled();
  const received = path.applied.map(({ outcome }) => outcome.received);
  assert.equal(received[0], 1);
  // Each by itself makes thirty; in 40 ms at least some of them are appended, however slow the disk.
  assert.ok(received.length < sent.length / 2, String(received));
  await assertStored(database.sql, sent);
});

Deno.test("a delivery holds whole entries that follow each other, no more events than the bound", async () => {
  await using database = await postgres.database();
  await using path = await openPath(database.url, { consumers: 1 });
  const sizes = [400, 900, 800, 300, 1_900, 5_000, 1, 1];
  await whileHeld(database.sql, async () => {
    // In hand, so that the rest waits and is put together.
    await path.append(events(DELIVERY_EAGER_EVENTS));
    await path.append(events(DELIVERY_EAGER_EVENTS));
    for (const size of sizes) await path.append(events(size));
    await blockedConsumers(database.sql, 1);
  });
  await path.settled();
  let next = 1;
  for (const { entries, outcome } of path.applied) {
    assert.equal(entries.first, next);
    next = entries.last + 1;
    assert.ok(outcome.received <= MAX_DELIVERY_EVENTS || entries.first === entries.last);
  }
  assert.equal(next, sizes.length + 3);
  assert.ok(path.applied.length < sizes.length + 2, "some entries share a delivery");
});

Deno.test("what a run leaves in the journal is applied by the next", async () => {
  await using database = await postgres.database();
  await using data = await temporaryDirectory();
  const sent = someEvents(3_000);
  await whileHeld(database.sql, async () => {
    await using path = await openPath(database.url, { directory: data.path });
    for (let from = 0; from < sent.length; from += 300) {
      await path.append(sent.slice(from, from + 300));
    }
    assert.equal(path.queue.pending, sent.length);
  });
  await using path = await openPath(database.url, { directory: data.path });
  await path.settled();
  await assertStored(database.sql, sent);
});

Deno.test("consumers killed in the midst of their transactions lose and repeat nothing, and are replaced", async () => {
  await using database = await postgres.database();
  await using path = await openPath(database.url, { consumers: 3 });
  const { queue: { consumers }, queue } = path;
  const sent = someEvents(6 * DELIVERY_EAGER_EVENTS);
  await allIdle(path);
  await whileHeld(database.sql, async () => {
    for (let from = 0; from < sent.length; from += DELIVERY_EAGER_EVENTS) {
      await path.append(sent.slice(from, from + DELIVERY_EAGER_EVENTS));
    }
    const [, second] = await blockedConsumers(database.sql, 3);
    consumers[0]!.kill();
    consumers[1]!.kill();
    // The first one's transaction commits, and nobody hears of it. The second one's does not.
    assert.equal(second!.name, "sekali consumer 2");
    await database.sql`select pg_terminate_backend(${second!.pid})`;
  });
  await path.settled();
  await assertStored(database.sql, sent);
  assert.ok(queue.redeliveries >= 2, `${queue.redeliveries} redeliveries`);
  const [first, second, third] = consumers.map(({ stats }) => stats.redeliveries);
  assert.ok(first! >= 1 && second! >= 1, "counted for the consumer that died with them");
  assert.deepEqual([third, first! + second!], [0, queue.redeliveries]);
  await allIdle(path);
  assert.deepEqual(consumers.map(({ stats }) => stats.restarts), [1, 1, 0]);

  const more = someEvents(3 * DELIVERY_EAGER_EVENTS);
  await path.append(more);
  await path.settled();
  await assertStored(database.sql, [...sent, ...more]);
  await released(path);
});

/** Messages between the dispatcher and its consumers. */
type Message = ToConsumer | FromConsumer;

/**
 * Replaces the channel of this thread by one that loses the first message of a kind, on its way out
 * or in, until it is disposed.
 */
function loseFirst(kind: Message["kind"]): { readonly lost: number } & Disposable {
  const Original = globalThis.BroadcastChannel;
  const loss = {
    lost: 0,
    [Symbol.dispose]: () => {
      globalThis.BroadcastChannel = Original;
    },
  };
  const loses = (message: Message) => message.kind === kind && loss.lost++ === 0;
  globalThis.BroadcastChannel = class extends Original {
    override postMessage(message: Message) {
      if (!loses(message)) super.postMessage(message);
    }
    override set onmessage(hear: (event: MessageEvent<Message>) => void) {
      super.onmessage = (event: MessageEvent<Message>) => {
        if (!loses(event.data)) hear(event);
      };
    }
  };
  return loss;
}

Deno.test("a doorbell that was never heard is rung again", async () => {
  await using database = await postgres.database();
  using loss = loseFirst("deliver");
  await using path = await openPath(database.url);
  const sent = someEvents(10);
  const start = Date.now();
  await path.append(sent);
  await path.settled();
  assert.ok(loss.lost >= 2 && Date.now() - start >= REDELIVERY_MS, "the first one was lost");
  await assertStored(database.sql, sent);
  assert.equal(path.queue.redeliveries, 1);
  assert.deepEqual(path.queue.consumers.map(({ stats }) => stats.restarts), [0, 0]);
});

Deno.test("a delivery whose ack was lost is delivered again, and counted once", async () => {
  await using database = await postgres.database();
  using loss = loseFirst("ack");
  await using path = await openPath(database.url);
  const sent = someEvents(10);
  await path.append(sent);
  await path.settled();
  assert.equal(loss.lost, 2);
  await assertStored(database.sql, sent);
  assert.deepEqual(path.applied.map(({ outcome }) => outcome.received), [0]);
  assert.equal(path.queue.redeliveries, 1);
});

Deno.test("connections cut under load lose and repeat nothing", async () => {
  await using database = await postgres.database();
  await using path = await openPath(database.url);
  const sent: Event[] = [];
  await allIdle(path);
  for (let cut = 0; cut < 8;) {
    const some = someEvents(50);
    sent.push(...some);
    await path.append(some);
    const rows = await database.sql`
      select pg_terminate_backend(pid) from pg_stat_activity
      where application_name like 'sekali consumer %' and state = 'active'`;
    cut += rows.length;
  }
  await path.settled();
  await assertStored(database.sql, sent);
});

Deno.test("a database that is away for a while delays events and loses none", async () => {
  await using database = await postgres.database();
  await using proxy = startProxy(database.url);
  await using path = await openPath(proxy.url);
  const sent = someEvents(4_000);
  await path.append(sent.slice(0, 2_000));
  proxy.cut();
  await path.append(sent.slice(2_000));
  await until(
    () => Promise.resolve(path.queue.consumers.map(({ stats }) => stats)),
    (consumers) => consumers.some(({ state, trouble }) => state === "retrying" && trouble !== null),
  );
  assert.ok(path.queue.pending > 0);
  proxy.mend();
  await path.settled();
  await assertStored(database.sql, sent);
  for (const { stats } of path.queue.consumers) assert.equal(stats.trouble, null);
});

Deno.test("drain() gives up in time where the database is away, and what is pending stays in the journal", async () => {
  await using database = await postgres.database();
  await using proxy = startProxy(database.url);
  await using data = await temporaryDirectory();
  const sent = someEvents(2_500);
  {
    await using path = await openPath(proxy.url, { directory: data.path });
    proxy.cut();
    await path.append(sent);
    const start = performance.now();
    assert.equal(await within(2_000, "Draining", path.queue.drain(200)), false);
    assert.ok(performance.now() - start >= 190, "not before its time is over");
    const { lagMs } = path.queue;
    assert.ok(lagMs >= 190 && lagMs < 5_000, `the oldest has waited for ${lagMs} ms`);
    assert.equal(path.queue.pending, sent.length);
  }
  await using path = await openPath(database.url, { directory: data.path });
  assert.equal(path.queue.pending, sent.length);
  assert.equal(await path.queue.drain(30_000), true);
  await assertStored(database.sql, sent);
});

Deno.test("drain() is true at once where nothing is pending", async () => {
  await using database = await postgres.database();
  await using path = await openPath(database.url);
  assert.equal(await path.queue.drain(0), true);
});

Deno.test("stop() ends consumers that are not up yet", async () => {
  await using database = await postgres.database();
  const path = await openPath(database.url);
  const start = performance.now();
  await path[Symbol.asyncDispose]();
  assert.ok(performance.now() - start < 1_000);
  for (const { state } of path.queue.consumers) assert.equal(state, "stopped");
});

Deno.test("a consumer that cannot start is started again until it can", async () => {
  await using database = await postgres.database();
  await using data = await temporaryDirectory();
  const journalPath = join(data.path, "journal");
  const up = Promise.withResolvers<void>();
  const consumer = new ConsumerHandle({
    consumer: 1,
    shard: 1,
    databaseUrl: database.url,
    source: { journalPath, journal: crypto.randomUUID() },
    logLevel: "fatal",
    logFormat: "json",
  }, { ready: up.resolve, ack() {}, lost() {} });
  await until(() => Promise.resolve(consumer.stats.restarts), (restarts) => restarts >= 2);
  assert.equal(consumer.state, "starting");
  await (await JournalWriter.open(journalPath)).close();
  await within(10_000, "the start", up.promise);
  assert.equal(consumer.state, "idle");
  await consumer.stop(1_000);
});
