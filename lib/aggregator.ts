/**
 * The aggregator, table of contents: `start` opens and wires the path of an event, `stop` drains it
 * and closes everything in reverse.
 *
 *   event.ts → ingest.ts → journal.ts → queue.ts → workers/consumer_loop.ts → sql/apply.ts
 *   → snapshot.ts, feed.ts → live.ts
 */
import { join } from "node:path";
import { pruner, requireNewest } from "./applied.ts";
import type { Config } from "./config.ts";
import { lockDataDir } from "./data_dir.ts";
import { delay } from "./delay.ts";
import { type Database, openDatabase } from "./database.ts";
import type { Place } from "./entries.ts";
import { ProblemError, reason } from "./errors.ts";
import { Feed } from "./feed.ts";
import { armFault, passBy } from "./fault.ts";
import type { History } from "./history.ts";
import type { Batch } from "./ingest.ts";
import { Journal } from "./journal.ts";
import {
  DRAIN_MS,
  LOOK_MS,
  METRICS_TIMEOUT_MS,
  PRUNE_MS,
  READINESS_TIMEOUT_MS,
  SHUTDOWN_MS,
} from "./limits.ts";
import { LiveHub } from "./live.ts";
import { logger } from "./logger.ts";
import { Metrics } from "./metrics.ts";
import { Meters, retryAfterSeconds } from "./meters.ts";
import { JetStreamQueue } from "./jetstream/queue.ts";
import { LocalQueue, type Queue, type QueueEvents } from "./queue.ts";
import { answered } from "./sql/connect.ts";
import { readVersion } from "./sql/server.ts";
import { readStats } from "./sql/stats.ts";
import { traceJournal } from "./tracing.ts";
import {
  type Counters,
  type DashboardSnapshot,
  forDashboard,
  type OwnNumbers,
  type Snapshot,
  type TopicNumbers,
  toSnapshot,
} from "./snapshot.ts";
import { type Verdicts, type Wait, Waiters } from "./waiters.ts";

const log = logger();

interface Parts {
  readonly database: Database;
  readonly feed: Feed;
  readonly journal: Journal;
  readonly queue: Queue;
  readonly meters: Meters;
  readonly waiters: Waiters;
  readonly metrics: Metrics;
}

export class Aggregator {
  readonly config: Config;
  readonly database: Database;
  /** How far the store is decided, for those who follow it. */
  readonly feed: Feed;
  /** The open streams. */
  readonly live: LiveHub;
  /** What Prometheus reads. */
  readonly metrics: Metrics;
  /** Resolves if the service can no longer keep its promises and has to end. */
  readonly failed: Promise<Error>;

  readonly #parts: Parts;
  readonly #open: AsyncDisposableStack;
  /** Events on their way into the journal, and the size of their JSON. */
  #accepting = { events: 0, bytes: 0 };
  /** What PostgreSQL said last, and when. */
  #counters: Counters;
  #countersAt = new Date();
  /** Why it has said nothing since, if so. */
  #trouble: string | null = null;
  #server: Deno.HttpServer | undefined;
  #stopping: Promise<void> | undefined;

  private constructor(
    config: Config,
    parts: Parts,
    open: AsyncDisposableStack,
    failed: Promise<Error>,
    counters: Counters,
  ) {
    this.config = config;
    this.database = parts.database;
    this.feed = parts.feed;
    this.metrics = parts.metrics;
    this.failed = failed;
    this.#parts = parts;
    this.#open = open;
    this.#counters = counters;
    this.live = new LiveHub(() => this.dashboardSnapshot(), this.feed);
  }

  /**
   * Opens the data directory, the database and the journal, starts the consumers, and delivers what
   * an earlier run left in the journal.
   *
   * @throws {StartupError} if one of them cannot be opened; those that were are closed again
   */
  static async start(config: Config): Promise<Aggregator> {
    armFault(config.fault);
    await using open = new AsyncDisposableStack();
    const failed = Promise.withResolvers<Error>();

    const lock = await lockDataDir(config.dataDir);
    open.defer(() => lock.release());

    const database = await openDatabase(config);
    open.defer(() => database.stop());

    const feed = new Feed(database.url);
    open.defer(() => feed.stop());

    const journalPath = join(config.dataDir, "journal.db");
    const journal = await Journal.open(journalPath, {
      entries: (entries) => queue.offer(entries),
      failure: failed.resolve,
    }, { inParts: config.queue !== undefined, fault: config.fault });
    open.defer(() => journal.close());
    await requireNewest(database.sql, journal);

    const meters = new Meters();
    const metrics = new Metrics();
    const waiters = new Waiters();
    const on: QueueEvents = {
      committed(outcome, durationMs) {
        meters.count(outcome, durationMs);
        metrics.commit(durationMs / 1000);
        passBy("acked");
        feed.wake();
      },
      applied(entries, waited, verdicts) {
        if (waited.length > 0) waiters.settle(waited, verdicts);
        for (const range of entries) journal.release(range);
      },
    };
    const queue = await openQueue(config, database, journal, journalPath, on, failed.resolve);
    open.defer(() => queue.stop());
    queue.offer(journal.leftover);

    const look = () => meters.history.look(queue.pending, queue.lagMs, Date.now());
    const looking = setInterval(look, LOOK_MS);
    open.defer(() => clearInterval(looking));

    const pruning = setInterval(pruner(database.sql, journal), PRUNE_MS);
    open.defer(() => clearInterval(pruning));

    return new Aggregator(
      config,
      { database, feed, journal, queue, meters, metrics, waiters },
      open.move(),
      failed.promise,
      await readStats(database.sql),
    );
  }

  /**
   * Accepts a batch: when this resolves, its events are on disk.
   *
   * @param wait for the verdicts of the events, where someone does
   * @returns them; undefined where nobody waits, or they are not known in time
   * @throws {ProblemError} 413 if the batch exceeds the queue, 503 if there is no room for it now or
   * the service is stopping, 503 or 507 if the journal cannot be written
   */
  async publish(batch: Batch, wait?: Wait): Promise<Verdicts | undefined> {
    if (batch.events === 0) return wait && { verdicts: [], firstReceivedAt: [] };
    const place = await this.#journal(batch, wait !== undefined);
    const verdicts = wait && await this.#parts.waiters.wait(place, batch.events, wait);
    if (verdicts === undefined) await this.#parts.queue.stored(place.entry);
    return verdicts;
  }

  async #journal({ events, json }: Batch, waited: boolean): Promise<Place> {
    this.#requireRoom(events, json.length);
    this.#parts.queue.requireFit(json);
    this.#accepting.events += events;
    this.#accepting.bytes += json.length;
    try {
      passBy("accepted");
      const start = performance.now();
      const append = (trace?: string) => this.#parts.journal.append(events, json, waited, trace);
      const place = await (this.config.tracing ? traceJournal(events, append) : append());
      const tookMs = performance.now() - start;
      this.#parts.meters.accept(events, tookMs);
      this.metrics.accept(events, tookMs / 1000);
      return place;
    } finally {
      this.#accepting.events -= events;
      this.#accepting.bytes -= json.length;
    }
  }

  /** Whether events find their way into the database now; else why not. */
  async readiness(): Promise<string | undefined> {
    if (this.#stopping !== undefined) return "stopping";
    const { consumers, trouble } = this.#parts.queue;
    if (consumers.length > 0 && consumers.every(({ state }) => state === "starting")) {
      return "no consumer is up yet";
    }
    if (trouble !== null) return `NATS takes nothing, events wait in the journal: ${trouble}`;
    try {
      await answered(this.database.sql, READINESS_TIMEOUT_MS, readVersion(this.database.sql));
      return undefined;
    } catch (error) {
      return `the database is away: ${reason(error)}`;
    }
  }

  /** What happened lately, for charts. */
  get history(): History {
    return this.#parts.meters.history;
  }

  /** Takes a server along: a stop lets its requests end before the queue is drained. */
  serveUntilStop(server: Deno.HttpServer): void {
    this.#server = server;
  }

  /**
   * What has happened so far.
   *
   * @throws the driver's error while the database is away
   */
  async snapshot(): Promise<Snapshot> {
    // Before the counters: where it says that nothing is pending, the counters hold everything.
    await this.#parts.queue.look();
    const own = this.#ownNumbers();
    await this.#readCounters();
    return this.#toSnapshot(own);
  }

  /** The same for people: while the database is away they get its last counters, and why. */
  async dashboardSnapshot(): Promise<DashboardSnapshot> {
    await this.#parts.queue.look();
    const own = this.#ownNumbers();
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

  /** The numbers of a topic, as the latest snapshot has them; undefined if nothing ever came. */
  topicNumbers(topic: string): TopicNumbers | undefined {
    const stats = this.#counters.topics.find((stats) => stats.topic === topic);
    return stats && { ...stats, rate: this.history.topicRate(topic, Date.now()) };
  }

  #toSnapshot(own: OwnNumbers): Snapshot {
    const now = Date.now();
    return toSnapshot(this.#counters, own, (topic) => this.history.topicRate(topic, now));
  }

  /** The same in Prometheus' text format. */
  async metricsText(): Promise<string> {
    await this.#parts.queue.look();
    const own = this.#ownNumbers();
    const databaseUp = await Promise.race([
      this.#readCounters().then(() => true, () => false),
      delay(METRICS_TIMEOUT_MS).then(() => false),
    ]);
    const snapshot = this.#toSnapshot(own);
    return await this.metrics.toText(snapshot, databaseUp, this.live.streams);
  }

  async #readCounters() {
    try {
      this.#counters = await readStats(this.database.sql);
      this.#countersAt = new Date();
      this.#noteTrouble(null);
    } catch (error) {
      this.#noteTrouble(reason(error));
      throw error;
    }
  }

  /** What is known without PostgreSQL. */
  #ownNumbers(): OwnNumbers {
    const { database, journal, queue, meters } = this.#parts;
    const { pending, pendingElsewhere, pendingBytes, lagMs, redeliveries } = queue;
    const { queueMaxEvents, journalMaxBytes } = this.config;
    const now = Date.now();
    return {
      uptime: meters.uptimeSeconds,
      pending: pending + pendingElsewhere,
      pending_bytes: pendingBytes,
      lag_ms: lagMs,
      rates: meters.rates,
      commit_latency: meters.history.commitLatency(now),
      accept_latency: meters.history.acceptLatency(now),
      journal_bytes: journal.file.bytes,
      limits: { queue_max_events: queueMaxEvents, journal_max_bytes: journalMaxBytes },
      draining: this.#stopping !== undefined,
      redeliveries,
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

  /**
   * Takes no more events, delivers what is pending for a while, closes everything. May be called
   * twice.
   */
  stop(): Promise<void> {
    this.#stopping ??= this.#stop();
    return this.#stopping;
  }

  async #stop() {
    const { journal, queue, waiters } = this.#parts;
    this.live.close();
    // Meanwhile the server says 503 to publishers, so that they turn elsewhere.
    await Promise.race([journal.idle(), delay(SHUTDOWN_MS)]);
    if (!await queue.drain(DRAIN_MS)) {
      log.warn("Stopping with {pending} events pending; they stay in the journal", {
        pending: queue.pending,
      });
    }
    waiters.close();
    await Promise.race([this.#server?.shutdown(), delay(SHUTDOWN_MS)]);
    await this.#open.disposeAsync();
  }

  #requireRoom(events: number, bytes: number) {
    const { queue, meters } = this.#parts;
    if (this.#stopping !== undefined) {
      throw new ProblemError("stopping", "The service takes no more events", {
        headers: { "retry-after": "5", connection: "close" },
      });
    }
    const { queueMaxEvents, journalMaxBytes } = this.config;
    if (events > queueMaxEvents || bytes > journalMaxBytes) {
      throw new ProblemError(
        "too-many-events",
        `The queue holds ${queueMaxEvents} events and ${journalMaxBytes} bytes at most`,
      );
    }
    const pending = queue.pending + this.#accepting.events;
    const pendingBytes = queue.pendingBytes + this.#accepting.bytes;
    const overEvents = pending + events - queueMaxEvents;
    const overBytes = pendingBytes + bytes - journalMaxBytes;
    if (overEvents <= 0 && overBytes <= 0) return;
    const [held, over] = overEvents > 0
      ? [`${pending} of ${queueMaxEvents} events are pending`, overEvents]
      : [
        `${pendingBytes} of ${journalMaxBytes} bytes are pending`,
        overBytes * pending / pendingBytes,
      ];
    throw new ProblemError("queue-full", held, {
      headers: { "retry-after": String(retryAfterSeconds(over, meters.rates.received)) },
    });
  }
}

/** The queue that is configured: in this process, or a stream. */
async function openQueue(
  { queue: config, consumers: count, logLevel, logFormat, fault }: Config,
  { sql, url: databaseUrl }: Database,
  { id: journal }: Journal,
  journalPath: string,
  on: QueueEvents,
  failure: (error: Error) => void,
): Promise<Queue> {
  const base = { databaseUrl, logLevel, logFormat, fault };
  if (config === undefined) {
    return new LocalQueue(count, { ...base, source: { journalPath, journal } }, on);
  }
  return await JetStreamQueue.open(
    { ...base, config, count, sql, journalPath, journal },
    on,
    failure,
  );
}
