/**
 * Step 7 of the path: what has happened, in numbers. The one shape of `/stats`, `/topics`, the
 * stream and the dashboard, for server and browser.
 *
 * Counters are PostgreSQL's; only what is not there yet (pending) and what is about this process
 * (consumers, rates, uptime) is our own.
 */
import { MAX_DASHBOARD_TOPICS } from "./limits.ts";

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
}

/** What PostgreSQL has counted, as of one moment. */
export interface Counters {
  readonly totals: Totals;
  /** By name. */
  readonly topics: readonly TopicStats[];
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

/** Events a second, as means over the last five seconds. */
export interface Rates {
  /** Answered 202. */
  readonly accepted: number;
  /** Committed, repeats included. */
  readonly received: number;
  readonly unique_processed: number;
  readonly duplicate_dropped: number;
}

/** The bounds of the queue. */
export interface QueueLimits {
  readonly queue_max_events: number;
  readonly journal_max_bytes: number;
}

/** The answer of `GET /stats`. */
export interface Stats extends Totals {
  /** Names of all topics that ever came. */
  readonly topics: readonly string[];
  /** Since the process started, whole seconds. */
  readonly uptime: number;
  /** Events accepted but not yet committed; 0 means that all is settled. */
  readonly pending: number;
  /** Size of their JSON. */
  readonly pending_bytes: number;
  /** What may be pending; beyond it publishers get 503. */
  readonly limits: QueueLimits;
  /** Age of the oldest pending event, milliseconds; 0 if none is. */
  readonly lag_ms: number;
  /** Whether the conservation law holds, in total and over all topics. */
  readonly consistent: boolean;
  readonly rates: Rates;
  readonly journal_bytes: number;
  /** Deliveries that had to be sent again. */
  readonly redeliveries: number;
  readonly database: DatabaseStats;
  readonly consumers: readonly ConsumerStats[];
}

/** Everything there is to say as of one moment. */
export interface Snapshot extends Stats {
  /** The counters of each topic, by name. */
  readonly by_topic: readonly TopicStats[];
}

/** A snapshot of bounded size: what the overview shows and a `stats` frame of the stream holds. */
export interface DashboardSnapshot extends Omit<Snapshot, "topics"> {
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
export type OwnNumbers = Omit<Stats, keyof Totals | "topics" | "consistent">;

/** Puts together what PostgreSQL has counted and what the process knows. */
export function toSnapshot({ totals, topics }: Counters, own: OwnNumbers): Snapshot {
  return {
    ...totals,
    topics: topics.map(({ topic }) => topic),
    ...own,
    consistent: isConsistent(totals, topics),
    by_topic: topics,
  };
}

/** Bounds a snapshot to the topics that were seen last, by name. */
export function forDashboard(
  { topics, by_topic, ...stats }: Snapshot,
  away: DatabaseAway | null,
): DashboardSnapshot {
  const latest = by_topic.toSorted((a, b) => b.last_seen.localeCompare(a.last_seen))
    .slice(0, MAX_DASHBOARD_TOPICS);
  const shown = new Set(latest);
  return {
    ...stats,
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
    totals[counter] === topics.reduce((sum, topic) => sum + topic[counter], 0)
  ) && topics.every(({ received, unique_processed, duplicate_dropped, dead_letters }) =>
    received === unique_processed + duplicate_dropped + dead_letters
  );
}

const COUNTERS = ["received", "unique_processed", "duplicate_dropped", "dead_letters"] as const;
