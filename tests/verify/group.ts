/**
 * The aggregators of a run: the one that dies, with its PostgreSQL; and, where there are several,
 * another on the same PostgreSQL.
 */
import { isDeepStrictEqual } from "node:util";
import type { Fault } from "../../lib/fault.ts";
import type { Stats, TopicStats } from "../../lib/snapshot.ts";
import { Instance } from "./instance.ts";
import type { Told } from "./judge.ts";
import { RECOVERY_LIMIT_MS } from "./limits.ts";
import { startNats } from "../helpers/nats.ts";
import type { Topology } from "./plan.ts";
import { RoundError, waitFor } from "./wait.ts";

export class Group {
  readonly first: Instance;
  readonly #others: readonly Instance[];
  #requests = 0;

  private constructor(first: Instance, others: readonly Instance[]) {
    this.first = first;
    this.#others = others;
  }

  /** Makes their directories. */
  static async open(topology: Topology): Promise<Group> {
    const directory = () => Deno.makeTempDir({ prefix: "sekali-verify-" });
    const nats = topology === "jetstream" ? await startNats() : undefined;
    const first = new Instance(await directory(), { nats });
    const others = topology === "several"
      ? [new Instance(await directory(), { database: first })]
      : [];
    return new Group(first, others);
  }

  get directories(): string[] {
    return this.#all.map(({ directory }) => directory);
  }

  get #all(): Instance[] {
    return [this.first, ...this.#others];
  }

  /** Where the next request goes: to another one than the last, also where it is tried again. */
  nextPublishUrl(): URL {
    return this.#all[this.#requests++ % this.#all.length]!.publishUrl;
  }

  /** @param fault where the first is to die */
  async start(fault?: Fault): Promise<void> {
    await this.first.start(fault);
    for (const other of this.#others) await other.start();
  }

  /** Starts the first again, and the others, too: its PostgreSQL comes back at another address. */
  async startAgain(): Promise<void> {
    await this.first.start();
    for (const other of this.#others) {
      await other.killService();
      await other.start();
    }
  }

  /** @throws {RoundError} if one has ended */
  mustRun(): void {
    for (const instance of this.#all) instance.mustRun();
  }

  /** Ends them as an operator would, the PostgreSQL last. */
  async stop(): Promise<void> {
    for (const instance of this.#all.toReversed()) await instance.stop();
  }

  /** Ends all of them; then removes their directories, unless they are to be kept. */
  async end(options: { keep: boolean }): Promise<void> {
    for (const instance of this.#all.toReversed()) await instance.end(options);
  }

  /**
   * Waits until nothing is pending; what they say then.
   *
   * @throws {RoundError} if they do not say the same
   */
  async settled(): Promise<Told> {
    for (const instance of this.#all) await settledStats(instance);
    const told = await Promise.all(this.#all.map(async (instance): Promise<Told> => ({
      stats: await settledStats(instance),
      topics: await waitFor(
        "/topics answers",
        RECOVERY_LIMIT_MS,
        () => instance.read<TopicStats[]>("/topics"),
      ),
    })));
    const [first, ...others] = told.map(counters);
    for (const other of others) {
      if (!isDeepStrictEqual(other, first)) throw new RoundError("aggregators tell other counters");
    }
    return told[0]!;
  }
}

async function settledStats(instance: Instance): Promise<Stats> {
  return await waitFor("nothing is pending", RECOVERY_LIMIT_MS, async () => {
    const stats = await instance.read<Stats>("/stats");
    return stats?.pending === 0 ? stats : undefined;
  });
}

function counters({ stats, topics }: Told) {
  const { received, unique_processed, duplicate_dropped, dead_letters } = stats;
  return {
    totals: { received, unique_processed, duplicate_dropped, dead_letters },
    topics: topics.map(({ topic, received, unique_processed, duplicate_dropped }) => ({
      topic,
      received,
      unique_processed,
      duplicate_dropped,
    })),
  };
}
