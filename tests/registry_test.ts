/**
 * Does an aggregator say at once what others count on, and the truth when it stops?
 */
import assert from "node:assert/strict";
import { StartupError } from "../lib/errors.ts";
import { BEAT_TIMEOUT_MS, MAX_CONSUMERS } from "../lib/limits.ts";
import { Registry } from "../lib/registry.ts";
import { readStats } from "../lib/sql/stats.ts";
import { aggregatorStats } from "./helpers/aggregators.ts";
import { type TestDatabase, usePostgres } from "./helpers/database.ts";
import { until } from "./helpers/service.ts";
import { within } from "./helpers/within.ts";

const postgres = usePostgres();

/** Joins, with something to say that a test can change. */
async function join(database: TestDatabase) {
  const id = crypto.randomUUID();
  const registry = await Registry.join(database.url, id, "a");
  const said = { pending: 0, times: 0 };
  const start = () =>
    registry.start(() => {
      said.times++;
      return aggregatorStats({ id, started_at: registry.startedAt, pending: said.pending });
    });
  /** What others see; undefined if there is no row. */
  const seen = async () => {
    const { aggregators } = await readStats(database.sql);
    return aggregators.find((one) => one.id === id);
  };
  return { registry, said, start, seen };
}

Deno.test("each aggregator has shards of its own, above that of replays", async () => {
  await using database = await postgres.database();
  const [a, b] = [await join(database), await join(database)];
  const shards = [a.registry.firstShard, b.registry.firstShard];
  assert.deepEqual(shards, [1, 1 + MAX_CONSUMERS]);
  await Promise.all([a.registry.stop(), b.registry.stop()]);
});

Deno.test("that events are pending is said at once where others take it that none are, and else with the next heartbeat", async () => {
  await using database = await postgres.database();
  const { registry, said, start, seen } = await join(database);
  withoutIntervals(start);
  said.pending = 5;
  registry.accepted();
  await until(seen, (row) => row?.pending === 5);
  const { times } = said;
  said.pending = 7;
  registry.accepted();
  assert.equal(said.times, times);
  registry.beat();
  await until(seen, (row) => row?.pending === 7);
  await registry.stop();
});

/** Runs what would set an interval: no heartbeat comes by itself. */
function withoutIntervals(run: () => void) {
  const { setInterval } = globalThis;
  globalThis.setInterval = (() => 0) as unknown as typeof setInterval;
  run();
  globalThis.setInterval = setInterval;
}

Deno.test("join() is refused in one line where the database does not give a place", async () => {
  await using database = await postgres.database();
  await database.sql`drop table aggregators`;
  await assert.rejects(join(database), (error) => {
    assert.ok(error instanceof StartupError);
    assert.match(error.message, /^Cannot start: no place among the aggregators: .*aggregators.*$/);
    return true;
  });
});

Deno.test("stop() with nothing pending takes the row away; else what is pending stands in it", async () => {
  await using database = await postgres.database();
  const [settled, left, never] = [await join(database), await join(database), await join(database)];
  settled.start();
  left.start();
  left.said.pending = 3;
  await Promise.all([settled, left, never].map(({ registry }) => registry.stop()));
  assert.equal(await settled.seen(), undefined);
  assert.equal((await left.seen())?.pending, 3);
  // Its start failed: an earlier run may have left something.
  assert.notEqual(await never.seen(), undefined);
});

Deno.test("stop() ends in time where the database does not answer", async () => {
  await using database = await postgres.database();
  const { registry, start, seen } = await join(database);
  start();
  await until(seen, (row) => row?.address === "127.0.0.1:8080");
  await database.sql.begin(async (tx) => {
    await tx`lock table aggregators in access exclusive mode`;
    // Sooner than PostgreSQL would give up.
    await within(BEAT_TIMEOUT_MS, "The stop", registry.stop());
  });
  assert.notEqual(await seen(), undefined);
});
