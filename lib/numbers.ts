/**
 * Step 7 of the path: the numbers of this process, put together with what PostgreSQL has counted.
 *
 * The shape is snapshot.ts. While the database is away its last counters are kept for people.
 */
import type { Config } from "./config.ts";
import type { Database } from "./database.ts";
import { delay } from "./delay.ts";
import { reason } from "./errors.ts";
import type { Journal } from "./journal.ts";
import { METRICS_TIMEOUT_MS } from "./limits.ts";
import { logger } from "./logger.ts";
import type { Meters } from "./meters.ts";
import type { Metrics } from "./metrics.ts";
import type { Queue } from "./queue.ts";
import type { Registry } from "./registry.ts";
import { secondsKept } from "./retention.ts";
import {
  type AggregatorStats,
  type Counters,
  type DashboardSnapshot,
  forDashboard,
  type OwnNumbers,
  type Snapshot,
  type TopicNumbers,
  type TopicStats,
  toSnapshot,
} from "./snapshot.ts";
import { readStats } from "./sql/stats.ts";

const log = logger();

/** Where the numbers come from. */
export interface NumbersParts {
  readonly config: Config;
  readonly database: Database;
  readonly journal: Journal;
  readonly registry: Registry;
  readonly queue: Queue;
  readonly meters: Meters;
  readonly metrics: Metrics;
  /** Whether the service is about to stop. */
  isDraining(): boolean;
}

export class Numbers {
  readonly #parts: NumbersParts;
  /** What PostgreSQL said last, and when. */
  #counters: Counters;
  #countersAt = new Date();
  /** Why it has said nothing since, if so. */
  #trouble: string | null = null;

  /** @param counters as they are now */
  constructor(parts: NumbersParts, counters: Counters) {
    this.#parts = parts;
    this.#counters = counters;
  }

  /**
   * What has happened so far.
   *
   * @throws the driver's error while the database is away
   */
  async snapshot(): Promise<Snapshot> {
    // Before the counters: where it says that nothing is pending, the counters hold everything.
    await this.#parts.queue.look();
    const own = this.#own();
    await this.#readCounters();
    return this.#toSnapshot(own);
  }

  /** The same for people: while the database is away they get its last counters, and why. */
  async dashboardSnapshot(): Promise<DashboardSnapshot> {
    await this.#parts.queue.look();
    const own = this.#own();
    const away = await this.#readCounters().then(() => null, (error) => ({
      reason: reason(error),
      counters_at: this.#countersAt.toISOString(),
    }));
    const { repeats } = this.#parts.meters;
    const { recent } = repeats;
    return forDashboard(
      this.#toSnapshot(own),
      { sources: repeats.sources(Date.now()), recent_duplicates: recent },
      away,
    );
  }

  /**
   * The same in Prometheus' text format.
   *
   * @param streams that are open
   */
  async metricsText(streams: number): Promise<string> {
    await this.#parts.queue.look();
    const own = this.#own();
    const databaseUp = await Promise.race([
      this.#readCounters().then(() => true, () => false),
      delay(METRICS_TIMEOUT_MS).then(() => false),
    ]);
    return await this.#parts.metrics.toText(this.#toSnapshot(own), databaseUp, streams);
  }

  /** The numbers of a topic, as the latest snapshot has them; undefined if nothing ever came. */
  topic(topic: string): TopicNumbers | undefined {
    const stats = this.#counters.topics.find((stats) => stats.topic === topic);
    return stats && this.#numbersOf(stats, Date.now());
  }

  /** What the other aggregators are told of this one. */
  aggregator(): AggregatorStats {
    const { journal, queue, registry, isDraining } = this.#parts;
    return {
      id: registry.id,
      name: registry.name,
      address: registry.address,
      state: isDraining() ? "draining" : "live",
      started_at: registry.startedAt,
      seen_at: new Date().toISOString(),
      pending: queue.pending,
      pending_bytes: queue.pendingBytes,
      lag_ms: queue.lagMs,
      journal_bytes: journal.file.bytes,
    };
  }

  #toSnapshot(own: OwnNumbers): Snapshot {
    const now = Date.now();
    return toSnapshot(this.#counters, own, (stats) => this.#numbersOf(stats, now));
  }

  #numbersOf(stats: TopicStats, now: number): TopicNumbers {
    const { config, meters } = this.#parts;
    return {
      ...stats,
      stored: stats.unique_processed - stats.expired,
      retention_s: secondsKept(config.retention, stats.topic),
      rate: meters.history.topicRate(stats.topic, now),
    };
  }

  async #readCounters() {
    try {
      this.#counters = await readStats(this.#parts.database.sql);
      this.#countersAt = new Date();
      this.#noteTrouble(null);
    } catch (error) {
      this.#noteTrouble(reason(error));
      throw error;
    }
  }

  /** What is known without PostgreSQL. */
  #own(): OwnNumbers {
    const { config, database, queue, meters } = this.#parts;
    const { queueMaxEvents, journalMaxBytes } = config;
    const now = Date.now();
    const aggregator = this.aggregator();
    return {
      uptime: meters.uptimeSeconds,
      aggregator,
      pending_elsewhere: queue.pendingElsewhere,
      rates: meters.rates,
      commit_latency: meters.history.commitLatency(now),
      accept_latency: meters.history.acceptLatency(now),
      journal_bytes: aggregator.journal_bytes,
      limits: { queue_max_events: queueMaxEvents, journal_max_bytes: journalMaxBytes },
      draining: this.#parts.isDraining(),
      redeliveries: queue.redeliveries,
      queue: queue.stats,
      database: database.stats,
      consumers: queue.consumers.map((consumer) => consumer.stats),
    };
  }

  #noteTrouble(trouble: string | null) {
    if (trouble !== null && this.#trouble === null) {
      log.warn("The database is away: {trouble}", { trouble });
    } else if (trouble === null && this.#trouble !== null) {
      log.info("The database is back");
    }
    this.#trouble = trouble;
  }
}
