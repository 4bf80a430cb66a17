/**
 * What it costs to go through NATS JetStream: the same load through the queue in the process and through
 * a stream, in turn, each with a PostgreSQL of its own on the same machine.
 */
import { type Nats, startNats } from "../helpers/nats.ts";
import type { Gatherer } from "./results.ts";
import { Rig } from "./rig.ts";
import { measureShape } from "./throughput.ts";

const SHAPES = [
  { size: 1, connections: 32, events: 30_000 },
  { size: 100, connections: 8, events: 150_000 },
  { size: 500, connections: 8, events: 200_000 },
];

/** What a quick run sends of that. */
const QUICK_SHARE = 0.5;

/** A service whose queue is a stream, and its server. */
export class StreamRig implements AsyncDisposable {
  readonly rig: Rig;
  readonly #nats: Nats;

  private constructor(rig: Rig, nats: Nats) {
    this.rig = rig;
    this.#nats = nats;
  }

  static async start(seed: string): Promise<StreamRig> {
    const nats = await startNats();
    try {
      return new StreamRig(await Rig.start(seed, { QUEUE_URL: nats.url }), nats);
    } catch (error) {
      await nats[Symbol.asyncDispose]();
      throw error;
    }
  }

  async [Symbol.asyncDispose]() {
    await this.rig[Symbol.asyncDispose]();
    await this.#nats[Symbol.asyncDispose]();
  }
}

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
