/**
 * How many events a second are accepted and committed, by the size of batches and the number of
 * connections, and what share that is of the bare statement's rate measured just before and just after.
 */
import { closedLoop, percentile } from "./client.ts";
import type { Gatherer } from "./results.ts";
import type { Rig } from "./rig.ts";

/** A way to publish. */
interface Shape {
  readonly size: number;
  readonly connections: number;
  /** Events sent in a round. */
  readonly events: number;
  /** After which no more are sent. */
  readonly sendMs?: number | undefined;
}

const SHAPES: readonly Shape[] = [
  { size: 1, connections: 1, events: 5_000 },
  { size: 1, connections: 32, events: 50_000 },
  { size: 1, connections: 128, events: 60_000 },
  { size: 10, connections: 32, events: 150_000 },
  { size: 100, connections: 8, events: 250_000 },
  { size: 500, connections: 8, events: 300_000 },
  { size: 5_000, connections: 4, events: 300_000 },
];

/** Events that the bare statement is given in a round. */
const BARE_EVENTS = 200_000;

/** What a quick run does of all that: each size once, and no longer than so. */
const QUICK = { without: new Set([0, 2]), share: 0.5, bareMs: 700, sendMs: 1_200 };

/** One round. @param say told what is measured next */
export async function measureThroughput(
  rig: Rig,
  results: Gatherer,
  quick: boolean,
  say: (what: string) => void,
) {
  const [bareMs, sendMs] = quick ? [QUICK.bareMs, QUICK.sendMs] : [];
  const measureBare = async () => {
    const bare = await rig.bare(scaled(BARE_EVENTS, quick), bareMs);
    results.add("bare statement", "events/s", bare);
    return bare;
  };
  let before = await measureBare();
  for (const [at, shape] of SHAPES.entries()) {
    if (quick && QUICK.without.has(at)) continue;
    say(`batches of ${shape.size}, ${shape.connections} connections`);
    const events = scaled(shape.events, quick);
    const { name, committed } = await measureShape(rig, results, { ...shape, events, sendMs });
    const after = await measureBare();
    // The machine's speed drifts within seconds: what lies between the two is compared with both.
    results.add(`${name}: committed / bare statement`, "ratio", 2 * committed / (before + after));
    before = after;
  }
  const { resident, peak } = await rig.memory();
  results.add("resident memory", "MiB", resident);
  results.add("resident memory, at most so far", "MiB", peak);
}

const scaled = (events: number, quick: boolean) => quick ? events * QUICK.share : events;

/**
 * Publishes in one way until all is committed.
 *
 * @param by what the figures' names begin with
 * @returns events committed a second, and what the figures are named after
 */
export async function measureShape(
  rig: Rig,
  results: Gatherer,
  { size, connections, events, sendMs }: Shape,
  by = "",
): Promise<{ name: string; committed: number }> {
  const requests = rig.loads.requests(rig.url, events, size);
  const start = performance.now();
  const sent = await closedLoop(rig.url, requests, connections, sendMs);
  await rig.settled();
  const settledMs = performance.now() - start;
  if (sent.refused.size > 0) throw new Error(`Refused: ${[...sent.refused].join(", ")}`);
  const accepted = Math.min(events, sent.accepted * size);
  const committed = 1000 * accepted / settledMs;
  const name = `${by}batches of ${size}, ${connections} connections`;
  results.add(`${name}: accepted`, "events/s", 1000 * accepted / sent.elapsedMs);
  results.add(`${name}: committed`, "events/s", committed);
  results.add(`${name}: 202 p50`, "ms", percentile(sent.latencies, 0.5));
  results.add(`${name}: 202 p99`, "ms", percentile(sent.latencies, 0.99));
  return { name, committed };
}
