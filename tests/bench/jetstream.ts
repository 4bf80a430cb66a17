/**
 * What it costs to go through NATS JetStream: the same load through the queue in the process and through
 * a stream, in turn, each with a PostgreSQL of its own on the same machine.
 */
import type { Gatherer } from "./results.ts";
import type { Rig } from "./rig.ts";
import { measureShape } from "./throughput.ts";

const SHAPES = [
  { size: 1, connections: 32, events: 30_000 },
  { size: 100, connections: 8, events: 150_000 },
  { size: 500, connections: 8, events: 200_000 },
];

/** What a quick run sends of that. */
const QUICK_SHARE = 0.5;

/** One round. */
export async function measureJetStream(local: Rig, stream: Rig, results: Gatherer, quick: boolean) {
  for (const shape of SHAPES) {
    const load = { ...shape, events: quick ? shape.events * QUICK_SHARE : shape.events };
    const without = await measureShape(local, results, load, "in process, ");
    const through = await measureShape(stream, results, load, "JetStream, ");
    const name = `${through.name}: committed / in process`;
    results.add(name, "ratio", through.committed / without.committed);
  }
}
