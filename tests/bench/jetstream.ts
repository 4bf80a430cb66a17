/**
 * What it costs to go through NATS JetStream: the same load through the queue in the process, through a
 * stream of one server, and through one with a replica on each of three, in turn; each with a PostgreSQL
 * of its own, all on the same machine.
 */
import { startNats, startNatsCluster } from "../helpers/nats.ts";
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

/** A service whose queue is a stream. */
interface Streaming {
  /** What its figures' names begin with. */
  readonly name: string;
  readonly rig: Rig;
}

/** Services with streams, and the servers of these. */
export class Streams implements AsyncDisposable {
  readonly all: readonly Streaming[];
  readonly #open: AsyncDisposableStack;

  private constructor(all: readonly Streaming[], open: AsyncDisposableStack) {
    this.all = all;
    this.#open = open;
  }

  /** Starts them; they store in files. */
  static async start(seed: string): Promise<Streams> {
    await using open = new AsyncDisposableStack();
    const nats = open.use(await startNats());
    const one = open.use(await Rig.start(seed, { QUEUE_URL: nats.url }));
    const cluster = open.use(await startNatsCluster());
    const env = { QUEUE_URL: cluster.url, QUEUE_REPLICAS: String(cluster.nodes.length) };
    const three = open.use(await Rig.start(seed, env));
    return new Streams(
      [{ name: "JetStream", rig: one }, { name: "JetStream, 3 replicas", rig: three }],
      open.move(),
    );
  }

  async [Symbol.asyncDispose]() {
    await this.#open.disposeAsync();
  }
}

/** One round. */
export async function measureJetStream(
  local: Rig,
  streams: Streams,
  results: Gatherer,
  quick: boolean,
) {
  for (const shape of SHAPES) {
    const load = { ...shape, events: quick ? shape.events * QUICK_SHARE : shape.events };
    const without = await measureShape(local, results, load, "in process, ");
    for (const { name, rig } of streams.all) {
      const through = await measureShape(rig, results, load, `${name}, `);
      const ratio = through.committed / without.committed;
      results.add(`${through.name}: committed / in process`, "ratio", ratio);
    }
  }
}
