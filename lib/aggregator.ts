/**
 * The aggregator, table of contents: `start` opens and wires the path of an event, `stop` drains it
 * and closes everything in reverse.
 *
 *   event.ts → ingest.ts → journal.ts → queue.ts → workers/consumer_loop.ts → sql/apply.ts
 *   → snapshot.ts → live.ts
 */
import { join } from "node:path";
import type { Config } from "./config.ts";
import { lockDataDir } from "./data_dir.ts";
import { delay } from "./delay.ts";
import { type Database, openDatabase } from "./database.ts";
import { ProblemError, reason } from "./errors.ts";
import type { Batch } from "./ingest.ts";
import { Journal } from "./journal.ts";
import { DRAIN_MS, PRUNE_MS, SHUTDOWN_MS } from "./limits.ts";
import { LiveHub } from "./live.ts";
import { logger } from "./logger.ts";
import { Meters } from "./meters.ts";
import { Queue } from "./queue.ts";
import { forgetApplied } from "./sql/apply.ts";
import { readVersion } from "./sql/server.ts";
import { readStats } from "./sql/stats.ts";
import { forDashboard, isConsistent, type Snapshot } from "./snapshot.ts";

const log = logger();

interface Parts {
  readonly database: Database;
  readonly journal: Journal;
  readonly queue: Queue;
  readonly meters: Meters;
}

export class Aggregator {
  readonly config: Config;
  readonly database: Database;
  /** The open streams of the dashboard. */
  readonly live: LiveHub;
  /** Resolves if the service can no longer keep its promises and has to end. */
  readonly failed: Promise<Error>;

  readonly #parts: Parts;
  readonly #open: AsyncDisposableStack;
  /** Events on their way into the journal. */
  #accepting = 0;
  #server: Deno.HttpServer | undefined;
  #stopping: Promise<void> | undefined;

  private constructor(
    config: Config,
    parts: Parts,
    open: AsyncDisposableStack,
    failed: Promise<Error>,
  ) {
    this.config = config;
    this.database = parts.database;
    this.failed = failed;
    this.#parts = parts;
    this.#open = open;
    this.live = new LiveHub(async () => forDashboard(await this.snapshot()));
  }

  /**
   * Opens the data directory, the database and the journal, starts the consumers, and delivers what
   * an earlier run left in the journal.
   *
   * @throws {StartupError} if one of them cannot be opened; those that were are closed again
   */
  static async start(config: Config): Promise<Aggregator> {
    await using open = new AsyncDisposableStack();
    const failed = Promise.withResolvers<Error>();

    const lock = await lockDataDir(config.dataDir);
    open.defer(() => lock.release());

    const database = await openDatabase(config);
    open.defer(() => database.stop());

    const journalPath = join(config.dataDir, "journal.db");
    const journal = await Journal.open(journalPath, {
      entries: (entries) => queue.offer(entries),
      failure: failed.resolve,
    });
    open.defer(() => journal.close());

    const meters = new Meters();
    const queue = new Queue(config.consumers, {
      databaseUrl: database.url,
      journalPath,
      journal: journal.id,
      logLevel: config.logLevel,
      logFormat: config.logFormat,
    }, {
      applied: (entries, outcome) => {
        meters.count(outcome);
        journal.release(entries);
      },
    });
    open.defer(() => queue.stop());
    queue.offer(journal.leftover);

    const pruning = setInterval(pruner(database, journal), PRUNE_MS);
    open.defer(() => clearInterval(pruning));

    return new Aggregator(
      config,
      { database, journal, queue, meters },
      open.move(),
      failed.promise,
    );
  }

  /**
   * Accepts a batch: when this resolves, its events are on disk.
   *
   * @throws {ProblemError} 413 if the batch exceeds the queue, 503 if there is no room for it now or
   * the service is stopping, 503 or 507 if the journal cannot be written
   */
  async publish(batch: Batch): Promise<void> {
    if (batch.events === 0) return;
    this.#requireRoom(batch.events);
    this.#accepting += batch.events;
    try {
      await this.#parts.journal.append(batch.events, batch.json);
      this.#parts.meters.accept(batch.events);
    } finally {
      this.#accepting -= batch.events;
    }
  }

  /** Whether events find their way into the database now; else why not. */
  async readiness(): Promise<string | undefined> {
    if (this.#stopping !== undefined) return "stopping";
    if (this.#parts.queue.consumers.every(({ state }) => state === "starting")) {
      return "no consumer is up yet";
    }
    try {
      await readVersion(this.database.sql);
      return undefined;
    } catch (error) {
      return `the database is away: ${reason(error)}`;
    }
  }

  /** Takes a server along: a stop lets its requests end before the queue is drained. */
  serveUntilStop(server: Deno.HttpServer): void {
    this.#server = server;
  }

  /** What has happened so far. */
  async snapshot(): Promise<Snapshot> {
    const { database, journal, queue, meters } = this.#parts;
    // Before the counters: where it says 0, the counters hold everything.
    const { pending, oldestAt, redeliveries } = queue;
    const { totals, topics } = await readStats(database.sql);
    return {
      ...totals,
      topics: topics.map(({ topic }) => topic),
      uptime: meters.uptimeSeconds,
      pending,
      lag_ms: oldestAt === undefined ? 0 : Math.max(0, Date.now() - oldestAt),
      consistent: isConsistent(totals, topics),
      rates: meters.rates,
      journal_bytes: journal.file.bytes,
      redeliveries,
      database: database.stats,
      consumers: queue.consumers.map((consumer) => consumer.stats),
      by_topic: topics,
    };
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
    const { queue } = this.#parts;
    this.live.close();
    await Promise.race([this.#server?.shutdown(), delay(SHUTDOWN_MS)]);
    if (!await queue.drain(DRAIN_MS)) {
      log.warn("Stopping with {pending} events pending; they stay in the journal", {
        pending: queue.pending,
      });
    }
    await this.#open.disposeAsync();
  }

  #requireRoom(events: number) {
    const { queue, meters } = this.#parts;
    if (this.#stopping !== undefined) {
      throw new ProblemError(503, "Stopping", "The service takes no more events", {
        headers: { "retry-after": "5", connection: "close" },
      });
    }
    const most = this.config.queueMaxEvents;
    if (events > most) {
      throw new ProblemError(413, "Too many events", `The queue holds ${most} events at most`);
    }
    const pending = queue.pending + this.#accepting;
    if (pending + events <= most) return;
    const seconds = Math.ceil((pending + events - most) / Math.max(1, meters.rates.received));
    throw new ProblemError(503, "Queue full", `${pending} of ${most} events are pending`, {
      headers: { "retry-after": String(Math.min(Math.max(seconds, 1), 60)) },
    });
  }
}

/** Forgets applied entries that the journal had released by the time of the last call. */
function pruner(database: Database, journal: Journal): () => Promise<void> {
  let released = 0;
  return async () => {
    const below = released;
    released = journal.file.oldest;
    try {
      await forgetApplied(database.sql, journal.id, below);
    } catch (error) {
      log.warn("Cannot prune applied entries, trying again later: {reason}", {
        reason: reason(error),
      });
    }
  };
}
