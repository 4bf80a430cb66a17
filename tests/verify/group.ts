/**
 * All that runs in a run: who publishes turns to it, and faults are let loose on it.
 */
import { isDeepStrictEqual } from "node:util";
import { delay } from "../../lib/delay.ts";
import type { Stats, TopicStats } from "../../lib/snapshot.ts";
import type { Nats, NatsCluster } from "../helpers/nats.ts";
import type { ConsumeProcess } from "./consume_process.ts";
import type { Instance } from "./instance.ts";
import type { Told } from "./judge.ts";
import { RECOVERY_LIMIT_MS } from "./limits.ts";
import type { Plan, Topology } from "./plan.ts";
import { open, type Parts } from "./topology.ts";
import { RoundError, waitFor } from "./wait.ts";

export class Group {
  readonly first: Instance;
  readonly #parts: Parts;
  #requests = 0;

  private constructor(parts: Parts) {
    this.first = parts.services[0]!;
    this.#parts = parts;
  }

  /** Makes what runs; nothing is accepted yet. */
  static async open(topology: Topology): Promise<Group> {
    return new Group(await open(topology));
  }

  get directories(): string[] {
    const { services, postgres } = this.#parts;
    return [...services, ...(postgres ? [postgres] : [])].map(({ directory }) => directory);
  }

  /** The server of the stream, in the topology that has one. */
  get nats(): Nats {
    return this.#parts.nats!;
  }

  /** Its servers, in the topology that has several. */
  get cluster(): NatsCluster {
    return this.#parts.cluster!;
  }

  /** Whether a batch can be sent to two services at the same time. */
  get isSeveral(): boolean {
    return this.#parts.services.length > 1;
  }

  get #programs(): (Instance | ConsumeProcess)[] {
    return [...this.#parts.services, ...this.#parts.consumers];
  }

  /** Where the next request goes: to another one than the last, also where it is tried again. */
  nextPublishUrl(): URL {
    const { services } = this.#parts;
    return services[this.#requests++ % services.length]!.publishUrl;
  }

  /** Starts all; one of them with a plan's fault, if it has one. */
  async start(plan?: Plan): Promise<void> {
    const armed = plan?.fault?.kills === "thread" ? this.first : plan && this.victimsOf(plan)[0];
    for (const one of this.#programs) await one.start(one === armed ? plan?.fault : undefined);
  }

  /** Which processes a plan lets die as a whole, PostgreSQL and NATS apart. */
  victimsOf({ kind, victim }: Plan): (Instance | ConsumeProcess)[] {
    const { services, consumers, postgres } = this.#parts;
    const one = <T>(all: readonly T[]) => [all[victim % all.length]!];
    if (kind === "kill all") return this.#programs;
    if (kind.startsWith("kill consume process")) return one(consumers);
    if (!kind.startsWith("kill service") && !kind.startsWith("kill both")) return [];
    return postgres === undefined ? [this.first] : one(services);
  }

  /**
   * Starts again what a plan let die; where that takes a PostgreSQL along, also those that use it, as it
   * comes back at another address.
   */
  async startAgain(plan: Plan): Promise<void> {
    const victims = this.victimsOf(plan);
    const moves = this.#parts.postgres === undefined && victims.includes(this.first);
    const again = this.#programs.filter((one) => moves || victims.includes(one));
    for (const one of again) {
      if (victims.includes(one)) continue;
      one.mustRun();
      await one.kill();
    }
    for (const one of again) await one.start();
  }

  /** Ends PostgreSQL as a crash would; one by itself is started again, as a service does with its own. */
  async killPostgres(awayMs: number): Promise<void> {
    const { postgres } = this.#parts;
    if (postgres === undefined) return await this.first.killPostgres();
    await postgres.kill();
    await delay(awayMs);
    await postgres.start();
  }

  /** @throws {RoundError} if one has ended */
  mustRun(): void {
    for (const one of this.#programs) one.mustRun();
  }

  /** Ends them as an operator would. */
  async stop(): Promise<void> {
    const { services, consumers } = this.#parts;
    // Those that use another's PostgreSQL before it.
    const [first, ...others] = services;
    for (const one of [...others, ...consumers, first!]) await one.stop();
  }

  /** Ends all of them; then removes their directories, unless they are to be kept. */
  async end(options: { keep: boolean }): Promise<void> {
    const { services, consumers, postgres, nats, cluster } = this.#parts;
    for (const one of consumers) await one.end();
    for (const one of services.toReversed()) await one.end(options);
    await postgres?.end(options);
    await nats?.[Symbol.asyncDispose]();
    await cluster?.[Symbol.asyncDispose]();
  }

  /**
   * Waits until nothing is pending; what they say then.
   *
   * @throws {RoundError} if they do not say the same
   */
  async settled(): Promise<Told> {
    for (const instance of this.#parts.services) await settledStats(instance);
    const told = await Promise.all(this.#parts.services.map(async (instance): Promise<Told> => ({
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
