/**
 * What stored rows cost: throughput and the latency of queries with none, one and ten million of them.
 */
import { closedLoop, percentile } from "./client.ts";
import type { Ids } from "./load.ts";
import type { Gatherer } from "./results.ts";
import { Rig } from "./rig.ts";

const ROWS = [0, 10_000, 1_000_000, 10_000_000];

const BATCH = { size: 500, connections: 8, events: 300_000 };

/** Rows that one statement adds, in the order of their keys: at random each would cost a page of the index. */
const CHUNK = 1_000_000;

const QUERIES = [
  "/events",
  "/events?topic=app.log.level-1",
  "/events?topic=app.>",
  "/stats",
  "/topics",
];

/** Times that a query is asked, one after the other. */
const ASKS = 50;

/** All of it once, on instances of their own. */
export async function measureGrowth(seed: string, results: Gatherer, say: (line: string) => void) {
  for (const ids of ["time-ordered", "random"] as const) {
    await using rig = await Rig.start(`${seed}/${ids}`);
    let stored = 0;
    for (const rows of ROWS) {
      say(`growth: ${rows.toLocaleString("en")} rows, ${ids} ids`);
      stored = await fill(rig, stored, rows, ids);
      const name = `${rows.toLocaleString("en")} rows, ${ids} ids`;
      if (ids === "time-ordered") await measureQueries(rig, results, name);
      if (rows !== 10_000) await measureBatches(rig, results, name, ids);
    }
  }
}

/** Brings the table to so many rows, past the service; counters follow. */
export async function fill(rig: Rig, from: number, to: number, ids: Ids): Promise<number> {
  const sql = await rig.instance.connect();
  for (let done = from; done < to; done += CHUNK) {
    const rows = Math.min(CHUNK, to - done);
    await sql`
      insert into processed_events (event_id, topic, timestamp, source, payload, received_at)
      select
        case when ${ids === "random"} then reverse(id) else id end,
        'app.log.level-' || 1 + n % 3, now(), 'publisher-service',
        jsonb_build_object('content', 'Initial log', 'metadata', jsonb_build_object('event', n)), now()
      from generate_series(${done}::bigint, ${done + rows - 1}::bigint) n,
        lateral (select case when n >= 0 then uuidv7()::text end as id) as made
      order by 1`;
    await sql`
      insert into aggregator_stats as s (shard, received, unique_processed, duplicate_dropped)
      values (1000, ${rows}, ${rows}, 0)
      on conflict (shard) do update set
        received = s.received + ${rows}, unique_processed = s.unique_processed + ${rows}`;
  }
  await sql`vacuum analyze processed_events`;
  await sql.end({ timeout: 0 });
  // It ends with a checkpoint, which the service's role may not ask for.
  await rig.instance.stop();
  await rig.instance.start();
  return Math.max(from, to);
}

async function measureBatches(rig: Rig, results: Gatherer, name: string, ids: Ids) {
  const { size, connections, events } = BATCH;
  const requests = rig.loads.requests(rig.url, events, size, ids);
  const start = performance.now();
  await closedLoop(rig.url, requests, connections);
  await rig.settled();
  const rate = 1000 * events / (performance.now() - start);
  results.add(`${name}: committed, batches of ${size}`, "events/s", rate);
  return events;
}

async function measureQueries(rig: Rig, results: Gatherer, name: string) {
  for (const path of QUERIES) {
    const latencies = new Float64Array(ASKS);
    for (let ask = 0; ask < ASKS; ask++) {
      const start = performance.now();
      const response = await fetch(new URL(path, rig.url));
      await response.arrayBuffer();
      latencies[ask] = performance.now() - start;
    }
    results.add(`${name}: ${path}, p50`, "ms", percentile(latencies.sort(), 0.5));
  }
}
