/**
 * Are several aggregators on one database right together, whatever happens to one of them?
 */
import assert from "node:assert/strict";
import type { Stats } from "../../lib/snapshot.ts";
import { MAX_CONSUMERS } from "../../lib/limits.ts";
import { usePostgres } from "../helpers/database.ts";
import { events } from "../helpers/events.ts";
import { holdConsumers } from "../helpers/hold.ts";
import { readMetrics, valueOf } from "../helpers/prometheus.ts";
import { newRandom } from "../helpers/random.ts";
import { type Service, startService, temporaryDirectory, until } from "../helpers/service.ts";
import { assertStoredOnce } from "../helpers/stored.ts";
import { openStream } from "../helpers/stream.ts";
import { BEGINNING, isFlawless, judge, type Told } from "../verify/judge.ts";
import { Ledger } from "../verify/ledger.ts";
import { Publishers } from "../verify/publishers.ts";

const postgres = usePostgres();

const CONSUMERS = 2;

/** Two aggregators on one empty database, started at once; each can be started again. */
async function startTwo() {
  await using open = new AsyncDisposableStack();
  const database = open.use(await postgres.database({ migrated: false }));
  const directories = [await temporaryDirectory(), await temporaryDirectory()].map((directory) =>
    open.use(directory)
  );
  const start = (at: number) =>
    startService({
      DATABASE_URL: database.url,
      DATA_DIR: directories[at]!.path,
      INSTANCE: "ab"[at]!,
      CONSUMERS: String(CONSUMERS),
    });
  const running = await Promise.all([start(0), start(1)]);
  open.defer(async () => {
    await Promise.all(running.map((service) => service[Symbol.asyncDispose]()));
  });
  const stack = open.move();
  return {
    database,
    running,
    restart: async (at: number) => running[at] = await start(at),
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}

const stats = (service: Service): Promise<Stats> => service.get("/stats");

/** Waits until one aggregator tells something of another. */
async function tells(service: Service, right: (stats: Stats) => boolean): Promise<Stats> {
  return await until(() => stats(service), right);
}

async function told(service: Service): Promise<Told> {
  return { stats: await service.settled(), topics: await service.get("/topics") };
}

Deno.test("a rolling restart, one by kill -9 and one by SIGTERM, loses nothing, stores nothing twice, and counts exactly", async () => {
  await using two = await startTwo();
  const { database, running } = two;
  const ledger = new Ledger();
  let turn = 0;
  // Each request goes to the other one than the last, also where it is tried again.
  const address = () => new URL("/publish", running[turn++ % running.length]!.url);
  const publishers = new Publishers(address, ledger, newRandom());
  const publishMore = async (batches: number) => {
    const goal = publishers.acknowledged + batches;
    await until(
      () => Promise.resolve(publishers.mustBeWell()),
      () => publishers.acknowledged >= goal,
    );
  };
  try {
    await publishMore(80);
    await running[0]!.kill();
    // What comes while processes start would only pile up rows to judge.
    publishers.calmDown();
    await publishMore(40);
    await two.restart(0);
    await publishMore(40);
    assert.equal(await running[1]!.stop(), 0);
    await publishMore(40);
    await two.restart(1);
    await publishMore(40);
  } finally {
    await publishers.stop();
  }
  assert.ok(publishers.failed > 0);
  for (const service of running) await service.settled();

  const answers = await Promise.all(running.map(told));
  for (const answer of answers) {
    ledger.forgetSightings();
    const { findings } = await judge(database.sql, answer, ledger, BEGINNING);
    assert.ok(isFlawless(findings), JSON.stringify(findings));
  }
  const [a, b] = answers;
  assert.deepEqual(withoutRates(a!), withoutRates(b!));

  // Shards of their own, and no others after a restart.
  const rows = await database.sql<
    { shard: number }[]
  >`select shard from aggregator_stats order by 1`;
  const shards = [1, 2, 1 + MAX_CONSUMERS, 2 + MAX_CONSUMERS];
  assert.deepEqual(rows.map(({ shard }) => shard), shards);
});

function withoutRates({ stats, topics }: Told) {
  const { received, unique_processed, duplicate_dropped, dead_letters, pending } = stats;
  return {
    totals: { received, unique_processed, duplicate_dropped, dead_letters, pending },
    topics: topics.map(({ topic, received, unique_processed, duplicate_dropped }) => ({
      topic,
      received,
      unique_processed,
      duplicate_dropped,
    })),
  };
}

Deno.test("the same events sent to both at once are stored once", async () => {
  await using two = await startTwo();
  const sent = events(1_000);
  const batches = Array.from({ length: 10 }, (_, at) => sent.slice(100 * at, 100 * at + 100));
  await Promise.all(two.running.map(async (service) => {
    for (const batch of batches) assert.equal((await service.publish(batch)).status, 202);
  }));
  for (const service of two.running) await service.settled();
  await assertStoredOnce(two.database.sql, [...sent, ...sent]);
});

Deno.test("a stream of one aggregator gets what the other commits, too, in order and each once", async () => {
  await using two = await startTwo();
  const [a, b] = two.running as [Service, Service];
  await using stream = await openStream(a.url, "types=event");
  const sent = { a: events(100), b: events(100) };
  const publish = async (service: Service, events: readonly unknown[]) => {
    for (let at = 0; at < events.length; at += 10) {
      await service.publish(events.slice(at, at + 10));
    }
  };
  await Promise.all([publish(a, sent.a), publish(b, sent.b)]);
  const streamed = await stream.events(200);
  // From here on nothing of its own wakes it.
  const late = events(5);
  for (const event of late) {
    await b.publish(event);
    streamed.push(...await stream.events(1));
  }
  const seqs = streamed.map(({ seq }) => seq);
  assert.deepEqual(seqs, seqs.toSorted((a, b) => a - b));
  const ids = (events: readonly { event_id: string }[]) => events.map(({ event_id }) => event_id);
  assert.deepEqual(ids(streamed).toSorted(), ids([...sent.a, ...sent.b, ...late]).toSorted());
});

Deno.test("an aggregator tells what another has pending, that it is dead, that it is back, and no more of it once it has stopped", async () => {
  await using two = await startTwo();
  const [a, b] = two.running as [Service, Service];
  const first = await tells(a, ({ aggregators }) => aggregators.length === 2);
  const { aggregator: { id } } = await stats(b);
  assert.deepEqual(first.aggregators.map(({ name }) => name).toSorted(), ["a", "b"]);
  const other = ({ aggregators }: Stats) => aggregators.find((one) => one.id === id);
  await tells(
    a,
    (stats) => other(stats)?.address === new URL(b.url).host.replace("localhost", "127.0.0.1"),
  );

  const release = await holdConsumers(two.database.sql);
  await b.publish(events(10));
  const own = await stats(b);
  assert.deepEqual([own.pending, own.aggregator.pending], [10, 10]);
  const summed = await tells(a, ({ pending }) => pending === 10);
  assert.deepEqual([summed.aggregator.pending, other(summed)?.pending], [0, 10]);
  assert.ok(summed.lag_ms > 0);

  await b.kill();
  const alone = await tells(a, (stats) => other(stats)?.state === "dead");
  assert.deepEqual([alone.pending, other(alone)?.pending], [0, 10]);
  const series = readMetrics(await (await fetch(`${a.url}/metrics`)).text());
  const ofState = (name: string, state: string) => valueOf(series, name, `state="${state}"`);
  assert.deepEqual(
    ["live", "draining", "dead"].map((state) => ofState("sekali_aggregators", state)),
    [1, 0, 1],
  );
  assert.equal(ofState("sekali_aggregators_pending_events", "dead"), 10);
  assert.equal(valueOf(series, "sekali_pending_events"), 0);

  const back = await two.restart(1);
  const again = await stats(back);
  assert.deepEqual([again.aggregator.id, again.pending], [id, 10]);
  assert.equal(again.aggregators.length, 2);
  await release();
  await back.settled();
  assert.equal((await tells(a, ({ pending }) => pending === 0)).received, 10);

  assert.equal(await back.stop(), 0);
  assert.deepEqual((await stats(a)).aggregators.map(({ name }) => name), ["a"]);
});

Deno.test("what an aggregator leaves pending when it is stopped is still told", async () => {
  await using two = await startTwo();
  const [a, b] = two.running as [Service, Service];
  const { aggregator: { id } } = await stats(b);
  const release = await holdConsumers(two.database.sql);
  await b.publish(events(10));
  const stopped = b.stop();
  await tells(a, ({ aggregators }) => aggregators.some(({ state }) => state === "draining"));
  assert.equal(await stopped, 0);
  const { aggregators } = await stats(a);
  assert.equal(aggregators.find((one) => one.id === id)?.pending, 10);
  await release();
});

Deno.test("alone and started again after a kill, an aggregator knows itself again", async () => {
  await using data = await temporaryDirectory();
  await using database = await postgres.database({ migrated: false });
  const env = { DATA_DIR: data.path, DATABASE_URL: database.url };
  const service = await startService(env);
  const { aggregator: { id } } = await stats(service);
  const release = await holdConsumers(database.sql);
  await service.publish(events(10));
  await service.kill();
  await using next = await startService(env);
  const told = await stats(next);
  assert.deepEqual([told.pending, told.aggregator.pending], [10, 10]);
  assert.deepEqual(told.aggregators.map((one) => one.id), [id]);
  await release();
  assert.equal((await next.settled()).received, 10);
});
