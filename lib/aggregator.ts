/**
 * The aggregator, table of contents: `start` opens and wires the path of an event, `stop` drains it
 * and closes everything in reverse.
 *
 *   event.ts → ingest.ts → journal.ts → queue.ts → workers/consumer_loop.ts → sql/apply.ts
 *   → numbers.ts, feed.ts → live.ts
 */
import { join } from "node:path";
import { Access } from "./access.ts";
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
import { DRAIN_MS, LOOK_MS, PRUNE_MS, READINESS_TIMEOUT_MS, SHUTDOWN_MS } from "./limits.ts";
import { LiveHub } from "./live.ts";
import { logger } from "./logger.ts";
import { Metrics } from "./metrics.ts";
import { Meters, retryAfterSeconds } from "./meters.ts";
import { Numbers } from "./numbers.ts";
import { JetStreamQueue } from "./jetstream/queue.ts";
import { LocalQueue, type Queue, type QueueEvents } from "./queue.ts";
import { Registry } from "./registry.ts";
import { answered } from "./sql/connect.ts";
import { readVersion } from "./sql/server.ts";
import { readStats } from "./sql/stats.ts";
import { Sweeper } from "./sweeper.ts";
import { traceJournal } from "./tracing.ts";
import type { Counters, DashboardSnapshot, Snapshot, TopicNumbers } from "./snapshot.ts";
import { type Verdicts, type Wait, Waiters } from "./waiters.ts";

const log = logger();

interface Parts {
  readonly database: Database;
  readonly feed: Feed;
  readonly journal: Journal;
  readonly registry: Registry;
  readonly queue: Queue;
  readonly meters: Meters;
  readonly waiters: Waiters;
  readonly metrics: Metrics;
}

export class Aggregator {
  readonly config: Config;
  readonly database: Database;
  /** Who may do what. */
  readonly access: Access;
  /** How far the store is decided, for those who follow it. */
  readonly feed: Feed;
  /** The open streams. */
  readonly live: LiveHub;
  /** What Prometheus reads. */
  readonly metrics: Metrics;
  /** Resolves if the service can no longer keep its promises and has to end. */
  readonly failed: Promise<Error>;

  readonly #parts: Parts;
  readonly #numbers: Numbers;
  readonly #open: AsyncDisposableStack;
  /** Events on their way into the journal, and the size of their JSON. */
  #accepting = { events: 0, bytes: 0 };
  #server: Deno.HttpServer | undefined;
  #stopping: Promise<void> | undefined;

  private constructor(
    config: Config,
    parts: Parts,
    counters: Counters,
    open: AsyncDisposableStack,
    failed: Promise<Error>,
  ) {
    this.config = config;
    this.access = new Access(config);
    this.database = parts.database;
    this.feed = parts.feed;
    this.metrics = parts.metrics;
    this.failed = failed;
    this.#parts = parts;
    this.#open = open;
    const isDraining = () => this.#stopping !== undefined;
    this.#numbers = new Numbers({ ...parts, config, isDraining }, counters);
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

    const sweeper = new Sweeper(database.url, config.retention);
    open.defer(() => sweeper.stop());

    const journal = await Journal.open(journalIn(config.dataDir), {
      entries: (entries) => {
        queue.offer(entries);
        registry.accepted();
      },
      failure: failed.resolve,
    }, config.queue !== undefined);
    open.defer(() => journal.close());
    await requireNewest(database.sql, journal);

    const registry = await Registry.join(database.url, journal.id, config.instance);
    open.defer(() => registry.stop());

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
    const queue = await openQueue(config, database, journal, registry, on, failed.resolve);
    open.defer(() => queue.stop());
    queue.offer(journal.leftover);

    const look = () => meters.history.look(queue.pending, queue.lagMs, Date.now());
    const looking = setInterval(look, LOOK_MS);
    open.defer(() => clearInterval(looking));

    const pruning = setInterval(pruner(database.sql, journal), PRUNE_MS);
    open.defer(() => clearInterval(pruning));

    const aggregator = new Aggregator(
      config,
      { database, feed, journal, registry, queue, meters, metrics, waiters },
      await readStats(database.sql),
      open.move(),
      failed.promise,
    );
    registry.start(() => aggregator.#numbers.aggregator());
    return aggregator;
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
  serveUntilStop(server: Deno.HttpServer<Deno.NetAddr>): void {
    this.#server = server;
    const { hostname, port } = server.addr;
    this.#parts.registry.address = `${hostname.includes(":") ? `[${hostname}]` : hostname}:${port}`;
    this.#parts.registry.beat();
  }

  /**
   * What has happened so far.
   *
   * @throws the driver's error while the database is away
   */
  snapshot(): Promise<Snapshot> {
    return this.#numbers.snapshot();
  }

  /** The same for people: while the database is away they get its last counters, and why. */
  dashboardSnapshot(): Promise<DashboardSnapshot> {
    return this.#numbers.dashboardSnapshot();
  }

  /** The same in Prometheus' text format. */
  metricsText(): Promise<string> {
    return this.#numbers.metricsText(this.live.streams);
  }

  /** The numbers of a topic, as the latest snapshot has them; undefined if nothing ever came. */
  topicNumbers(topic: string): TopicNumbers | undefined {
    return this.#numbers.topic(topic);
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
    const { journal, queue, registry, waiters } = this.#parts;
    this.live.close();
    registry.beat();
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

function journalIn(dataDir: string): string {
  return join(dataDir, "journal");
}

/** The queue that is configured: in this process, or a stream. */
async function openQueue(
  { queue: config, dataDir, consumers: count, logLevel, logFormat, fault }: Config,
  { sql, url: databaseUrl }: Database,
  { id: journal }: Journal,
  { firstShard }: Registry,
  on: QueueEvents,
  failure: (error: Error) => void,
): Promise<Queue> {
  const journalPath = journalIn(dataDir);
  const base = { databaseUrl, firstShard, logLevel, logFormat, fault };
  if (config === undefined) {
    return new LocalQueue(count, { ...base, source: { journalPath, journal } }, on);
  }
  return await JetStreamQueue.open(
    { ...base, config, count, sql, journalPath, journal },
    on,
    failure,
  );
}
