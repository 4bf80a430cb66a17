/**
 * This aggregator among those that write to the same store: its row of the registry, and which shards
 * of the counters are its own.
 *
 * Nothing that is promised to publishers depends on it. While the database is away the heartbeat
 * stops, and the others take this one for dead until it is back.
 */
import { reason, StartupError } from "./errors.ts";
import { BEAT_ANSWER_MS, BEAT_MS, BEAT_TIMEOUT_MS, MAX_CONSUMERS, STOP_MS } from "./limits.ts";
import { logger } from "./logger.ts";
import type { AggregatorStats } from "./snapshot.ts";
import { beat, type Claim, claim, leave } from "./sql/aggregators.ts";
import { answered, connect, type Sql } from "./sql/connect.ts";

const log = logger("registry");

export class Registry {
  /** Its journal's. */
  readonly id: string;
  readonly name: string;
  /** Where it listens, host and port; null before it does. */
  address: string | null = null;
  readonly #sql: Sql;
  readonly #claim: Claim;
  #describe: (() => AggregatorStats) | undefined;
  /** What was said last to be pending. */
  #told = 0;
  #timer: ReturnType<typeof setInterval> | undefined;
  #beating: Promise<void> | undefined;

  private constructor(sql: Sql, id: string, name: string, claim: Claim) {
    this.#sql = sql;
    this.id = id;
    this.name = name;
    this.#claim = claim;
  }

  /**
   * Takes a row of the registry, the same again after a restart.
   *
   * @param url the database's
   * @param journal its id
   * @param name what people call it
   * @throws {StartupError} if the database does not give it
   */
  static async join(url: string, journal: string, name: string): Promise<Registry> {
    // A connection of its own: queries that take long must not make it look dead.
    const sql = connect(url, 1, "sekali heartbeat", BEAT_TIMEOUT_MS);
    try {
      return new Registry(sql, journal, name, await claim(sql, journal, name));
    } catch (error) {
      await sql.end({ timeout: 0 });
      throw new StartupError(`Cannot start: no place among the aggregators: ${reason(error)}`);
    }
  }

  /** When it started, ISO 8601. */
  get startedAt(): string {
    return this.#claim.startedAt.toISOString();
  }

  /** The first of its shards, that of its first consumer. Shard 0 is that of replays. */
  get firstShard(): number {
    return 1 + this.#claim.slot * MAX_CONSUMERS;
  }

  /**
   * Begins to say once in BEAT_MS that it is alive.
   *
   * @param describe what there is to say
   */
  start(describe: () => AggregatorStats): void {
    this.#describe = describe;
    this.#timer = setInterval(() => this.beat(), BEAT_MS);
    this.beat();
  }

  /** Says it now. */
  beat(): void {
    this.#beating ??= this.#beat().finally(() => {
      this.#beating = undefined;
      this.accepted();
    });
  }

  /** Says it now where it was last said that nothing is pending, and that is so no longer. */
  accepted(): void {
    if (this.#told === 0 && (this.#describe?.().pending ?? 0) > 0) this.beat();
  }

  /** Leaves the registry, or says for the last time what is pending, and waits for that for a moment. */
  async stop(): Promise<void> {
    clearInterval(this.#timer);
    const timer = setTimeout(() => this.#sql.end({ timeout: 0 }), STOP_MS);
    await this.#beating;
    const isSettled = this.#describe?.().pending === 0;
    await (isSettled ? this.#try(leave(this.#sql, this.id)) : this.#beat());
    clearTimeout(timer);
    await this.#sql.end({ timeout: 0 });
  }

  async #beat() {
    if (this.#describe === undefined) return;
    const aggregator = this.#describe();
    this.#told = aggregator.pending;
    await this.#try(beat(this.#sql, this.#claim.slot, aggregator));
  }

  async #try(writing: Promise<void>) {
    try {
      await answered(this.#sql, BEAT_ANSWER_MS, writing);
    } catch (error) {
      log.debug("Cannot write to the registry: {reason}", { reason: reason(error) });
    }
  }
}
