/**
 * What each step of the path costs an event, each by itself, in batches of 500, and what the disk alone
 * takes for a sync: less than that no 202 can wait.
 */
import { join } from "node:path";
import { decodeBatch } from "../../lib/ingest/json.ts";
import { Journal } from "../../lib/journal.ts";
import { JournalReader } from "../../lib/journal/reader.ts";
import type { Entries } from "../../lib/protocol.ts";
import { percentile } from "./client.ts";
import type { Gatherer } from "./results.ts";
import type { Rig } from "./rig.ts";

const SIZE = 500;
const EVENTS = 50_000;
const QUICK_EVENTS = 25_000;
const SYNCS = 1_000;
const QUICK_SYNCS = 300;

/** One round. */
export async function measureSteps(rig: Rig, results: Gatherer, quick: boolean) {
  const events = quick ? QUICK_EVENTS : EVENTS;
  const encoder = new TextEncoder();
  const bodies = rig.loads.bodies(events, SIZE).map((body) => encoder.encode(body));
  const add = (step: string, ms: number) =>
    results.add(`cost of ${step}`, "µs/event", 1000 * ms / events);

  add(
    "parsing alone",
    timed(() => bodies.forEach((body) => JSON.parse(new TextDecoder().decode(body)))),
  );
  const decoded: { events: number; json: Uint8Array }[] = [];
  add(
    "decoding and validating",
    timed(() =>
      bodies.forEach((body) => decoded.push(decodeBatch(body, { maxBatchEvents: SIZE })))
    ),
  );

  const directory = await Deno.makeTempDir({ prefix: "sekali-bench-" });
  try {
    const path = join(directory, "journal");
    const entries: Entries[] = [];
    const journal = await Journal.open(path, {
      entries: (added) => entries.push(...added),
      failure: (error) => {
        throw error;
      },
    });
    const start = performance.now();
    await Promise.all(decoded.map(({ events, json }) => journal.append(events, json)));
    add("journaling, fsync included", performance.now() - start);
    const reader = new JournalReader(path);
    add("reading from the journal", timed(() => entries.forEach((range) => reader.read(range))));
    reader.close();
    await journal.close();
    const syncs = timeSyncs(join(directory, "syncs"), quick ? QUICK_SYNCS : SYNCS);
    results.add("the disk alone, a sync of 4 KiB: p50", "ms", percentile(syncs, 0.5));
    results.add("the disk alone, a sync of 4 KiB: p99", "ms", percentile(syncs, 0.99));
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
  results.add("cost of the statement", "µs/event", 1e6 / await rig.bare(events));
}

/** How long the disk takes to sync a page that is written again and again, milliseconds, sorted. */
function timeSyncs(path: string, count: number): Float64Array {
  using file = Deno.openSync(path, { create: true, write: true });
  const page = new Uint8Array(4096);
  const write = () => {
    file.seekSync(0, Deno.SeekMode.Start);
    file.writeSync(page);
  };
  write();
  file.syncSync();
  return Float64Array.from({ length: count }, () => {
    write();
    return timed(() => file.syncDataSync());
  }).sort();
}

function timed(run: () => void): number {
  const start = performance.now();
  run();
  return performance.now() - start;
}
