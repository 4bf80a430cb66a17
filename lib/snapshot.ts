/**
 * Step 7 of the path: what has happened, in numbers. The one shape of `/stats`, `/topics`, the
 * stream and the dashboard, for server and browser.
 *
 * Counters are PostgreSQL's; only what is not there yet (pending) and what is about this process
 * (consumers, rates, uptime) is our own. Of other aggregators we know what their heartbeats say.
 */
import type { Percentiles } from "./latency.ts";
import { MAX_DASHBOARD_TOPICS } from "./limits.ts";
import type { RepeatedKey } from "./protocol.ts";

/** Deliveries counted over all time; `received = unique_processed + duplicate_dropped + dead_letters`. */
export interface Totals {
  readonly received: number;
  readonly unique_processed: number;
  readonly duplicate_dropped: number;
  /** Refused by PostgreSQL, and not replayed since. One that is deleted stays counted. */
  readonly dead_letters: number;
}

/** The counters of one topic; the same law holds. */
export interface TopicStats extends Totals {
  readonly topic: string;
  /** When its first and its latest event was accepted, ISO 8601. */
  readonly first_seen: string;
  readonly last_seen: string;
  /** Of `unique_processed`, those deleted since because they had outlived their retention. */
  readonly expired: number;
  /** A key that was accepted later than this is still known, ISO 8601; null: every key is. */
  readonly deduplicates_since: string | null;
}

/** The numbers of one topic, as `/topics` shows them. */
export interface TopicNumbers extends TopicStats {
  /** Events in the store now. */
  readonly stored: number;
  /** How long its events are kept, whole seconds; null: for ever. */
  readonly retention_s: number | null;
  /** Events a second lately, repeats included; null if that is not kept for so many topics. */
  readonly rate: number | null;
}

/** `dead` is one that has said nothing for a while: what it has pending waits for its return. */
export type AggregatorState = "live" | "draining" | "dead";

/** One of those that write to the same store; of others as of their last heartbeat. */
export interface AggregatorStats {
  /** Its journal's, a UUID. */
  readonly id: string;
  readonly name: string;
  /** Where it listens, host and port; null before it does. */
  readonly address: string | null;
  readonly state: AggregatorState;
  /** ISO 8601, by PostgreSQL's clock. */
  readonly started_at: string;
  /** When its heartbeat was written, ISO 8601. */
  readonly seen_at: string;
  /** Events that it has accepted and not yet committed. */
  readonly pending: number;
  /** Size of their JSON. */
  readonly pending_bytes: number;
  /** Age of the oldest, milliseconds; 0 if none is. */
  readonly lag_ms: number;
  readonly journal_bytes: number;
}

/** What PostgreSQL holds, as of one moment. */
export interface Counters {
  readonly totals: Totals;
  /** As for a topic. */
  readonly expired: number;
  /** By name. */
  readonly topics: readonly TopicStats[];
  /** By start. */
  readonly aggregators: readonly AggregatorStats[];
}

/** What a consumer is up to; `retrying` is busy with a transaction that keeps failing. */
export type ConsumerState = "starting" | "idle" | "busy" | "retrying" | "stopped";

/** One consumer, as `/stats` shows it. */
export interface ConsumerStats {
  /** Its number, from 1. */
  readonly consumer: number;
  readonly state: ConsumerState;
  /** Events committed since the process started, repeats included. */
  readonly committed: number;
  /** ISO 8601, null before the first. */
  readonly last_commit_at: string | null;
  /** How long that delivery took, from the doorbell to COMMIT; null before the first. */
  readonly last_commit_ms: number | null;
  /** Events a second lately, repeats included. */
  readonly rate: number;
  /** Deliveries that it died with or never heard of, and that were sent again. */
  readonly redeliveries: number;
  /** How often its worker was replaced. */
  readonly restarts: number;
  /** Why its transaction is being tried again, if it is. */
  readonly trouble: string | null;
}

/** The store. */
export interface DatabaseStats {
  /** PostgreSQL's version, such as `18.4`. */
  readonly version: string;
  /** `embedded`, or host, port and name: never a password. */
  readonly at: string;
}

/** What brings events from the journal to consumers: the queue in the process, or a stream of NATS. */
export type QueueStats = { readonly kind: "local" } | {
  readonly kind: "jetstream";
  /** The stream's name. */
  readonly stream: string;
  /** Its servers, `host:port` by commas: never a password. */
  readonly at: string;
  /** Why it takes nothing, so that events wait in the journal, if so. */
  readonly trouble: string | null;
  /** Messages that it has to deliver, or that are delivered and not acked; null while it does not say. */
  readonly messages: number | null;
  /** Age of the oldest message, milliseconds; 0 if there is none, null while it does not say. */
  readonly lag_ms: number | null;
};

/** Events a second, as means over the last five seconds. */
export interface Rates {
  /** Answered 202. */
  readonly accepted: number;
  /** Committed, repeats included. */
  readonly received: number;
  readonly unique_processed: number;
  readonly duplicate_dropped: number;
}

/** How much may be pending; beyond, publishers get 503. */
export interface QueueLimits {
  readonly queue_max_events: number;
  readonly journal_max_bytes: number;
}

/** The answer of `GET /stats`. */
export interface Stats extends Totals {
  /** Events in the store now. */
  readonly stored: number;
  /** Of `unique_processed`, those deleted since because they had outlived their retention. */
  readonly expired: number;
  /** Names of all topics that ever came. */
  readonly topics: readonly string[];
  /** Since the process started, whole seconds. */
  readonly uptime: number;
  /**
   * Events accepted but not yet committed, of all aggregators that are not dead; 0 means that all is
   * settled. Of this one that is exact, of others as of their last heartbeat.
   */
  readonly pending: number;
  /** Size of their JSON. */
  readonly pending_bytes: number;
  /** Age of the oldest pending event, milliseconds; 0 if none is. */
  readonly lag_ms: number;
  /** The one that answers, to which `limits` apply. */
  readonly aggregator: AggregatorStats;
  /** All of them, by start. */
  readonly aggregators: readonly AggregatorStats[];
  /** Whether the conservation law holds, in total and over all topics. */
  readonly consistent: boolean;
  readonly rates: Rates;
  /** From the doorbell to COMMIT over the last minute; null without any. */
  readonly commit_latency: Percentiles | null;
  /** From a valid batch to its being on disk over the last minute; null without any. */
  readonly accept_latency: Percentiles | null;
  readonly journal_bytes: number;
  readonly limits: QueueLimits;
  /** Whether the service is about to stop, and takes no more events. */
  readonly draining: boolean;
  /** Deliveries that had to be sent again. */
  readonly redeliveries: number;
  readonly queue: QueueStats;
  readonly database: DatabaseStats;
  readonly consumers: readonly ConsumerStats[];
}

/** Everything there is to say as of one moment. */
export interface Snapshot extends Stats {
  /** The counters of each topic, by name. */
  readonly by_topic: readonly TopicNumbers[];
}

/** A source that repeats itself, over the last five minutes. */
export interface SourceStats {
  readonly source: string;
  readonly duplicates: number;
  readonly received: number;
}

/** A key that came again. */
export interface RecentDuplicate extends RepeatedKey {
  /** When it was dropped, ISO 8601. */
  readonly at: string;
}

/** Who is retrying. */
export interface RepeatNumbers {
  /** The sources of most duplicates, those first that sent most. */
  readonly sources: readonly SourceStats[];
  /** The latest keys that were repeated, latest first. */
  readonly recent_duplicates: readonly RecentDuplicate[];
}

/** A snapshot of bounded size: what the overview shows and a `stats` frame of the stream holds. */
export interface DashboardSnapshot extends Omit<Snapshot, "topics">, RepeatNumbers {
  /** How many topics there are; `by_topic` holds those seen last. */
  readonly topic_count: number;
  /** Said where the counters are not the present ones. */
  readonly away: DatabaseAway | null;
}

/** The database is away. */
export interface DatabaseAway {
  readonly reason: string;
  /** Of when the counters are, ISO 8601. */
  readonly counters_at: string;
}

/** What a process knows without PostgreSQL. */
export type OwnNumbers =
  & Omit<
    Stats,
    | keyof Totals
    | "stored"
    | "expired"
    | "topics"
    | "consistent"
    | "pending"
    | "pending_bytes"
    | "lag_ms"
    | "aggregators"
  >
  & {
    /** Events of others that are pending in the same queue, at least. */
    readonly pending_elsewhere: number;
  };

/**
 * Puts together what PostgreSQL has counted and what the process knows.
 *
 * @param numbersOf what else there is to say of a topic
 */
export function toSnapshot(
  { totals, expired, topics, aggregators }: Counters,
  { pending_elsewhere, ...own }: OwnNumbers,
  numbersOf: (topic: TopicStats) => TopicNumbers,
): Snapshot {
  const { aggregator } = own;
  const others = aggregators.filter(({ id }) => id !== aggregator.id);
  const working = [aggregator, ...others.filter(({ state }) => state !== "dead")];
  return {
    ...totals,
    stored: totals.unique_processed - expired,
    expired,
    topics: topics.map(({ topic }) => topic),
    ...own,
    // What a dead one has put into a queue that others share is pending there.
    pending: Math.max(
      sum(working.map(({ pending }) => pending)),
      aggregator.pending + pending_elsewhere,
    ),
    pending_bytes: sum(working.map(({ pending_bytes }) => pending_bytes)),
    lag_ms: Math.max(...working.map(({ lag_ms }) => lag_ms)),
    aggregators: [aggregator, ...others].toSorted(byStart),
    consistent: isConsistent(totals, topics),
    by_topic: topics.map(numbersOf),
  };
}

/** Bounds a snapshot to the topics that were seen last, by name, and says who is retrying. */
export function forDashboard(
  { topics, by_topic, ...stats }: Snapshot,
  repeats: RepeatNumbers,
  away: DatabaseAway | null,
): DashboardSnapshot {
  const latest = by_topic.toSorted((a, b) => b.last_seen.localeCompare(a.last_seen))
    .slice(0, MAX_DASHBOARD_TOPICS);
  const shown = new Set(latest);
  return {
    ...stats,
    ...repeats,
    away,
    topic_count: topics.length,
    by_topic: by_topic.filter((topic) => shown.has(topic)),
  };
}

/**
 * Whether what came in equals what was decided, by topic and, as totals are the sums, in total.
 *
 * @example
 * ```ts
 * import { ok } from "node:assert";
 * import { isConsistent } from "./snapshot.ts";
 *
 * const a = { received: 3, unique_processed: 2, duplicate_dropped: 1, dead_letters: 0 };
 * const b = { received: 2, unique_processed: 1, duplicate_dropped: 0, dead_letters: 1 };
 * const totals = { received: 5, unique_processed: 3, duplicate_dropped: 1, dead_letters: 1 };
 * ok(isConsistent(totals, [a, b]));
 * ok(!isConsistent(totals, [a]));
 * ```
 */
export function isConsistent(totals: Totals, topics: readonly Totals[]): boolean {
  return COUNTERS.every((counter) =>
    totals[counter] === sum(topics.map((topic) => topic[counter]))
  ) && topics.every(({ received, unique_processed, duplicate_dropped, dead_letters }) =>
    received === unique_processed + duplicate_dropped + dead_letters
  );
}

function byStart(a: AggregatorStats, b: AggregatorStats): number {
  return Date.parse(a.started_at) - Date.parse(b.started_at) || (a.id < b.id ? -1 : 1);
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((sum, number) => sum + number, 0);
}

const COUNTERS = ["received", "unique_processed", "duplicate_dropped", "dead_letters"] as const;
