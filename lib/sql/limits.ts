/**
 * Bounds of the store, with their reasons.
 */
import { APPLY_TIMEOUT_MS, CONSUMER_CREDITS } from "../limits.ts";

/** Rows fetched at a time by an NDJSON export: large enough to be fast, small enough to stay flat. */
export const EXPORT_CHUNK_ROWS = 1000;

/** Intervals of a histogram: a bar each on a phone is still some pixels wide. */
export const MAX_HISTOGRAM_BUCKETS = 60;

/** Where intervals of clock skew end: ahead of us, a network's delay, a batch's, a retry's, a backlog's. */
export const SKEW_BOUNDS_MS = [0, 100, 1_000, 10_000, 60_000, 3_600_000];

/** A dead aggregator with nothing pending is forgotten after a day: somebody will have looked by then. */
export const AGGREGATOR_FORGET_MS = 24 * 3_600_000;

/**
 * How long a change of partitions waits for those who write, and in the end for those who read: an
 * export or a backup may take hours, while all that comes after it waits.
 */
export const PARTITIONS_LOCK_MS = 60_000;

/**
 * Longest that a consumer waits for the answer to a statement, which may have had to wait for those of
 * its other deliveries. PostgreSQL gives up sooner, so the connection is dead, as where the server's
 * machine is gone; the operating system would notice after a quarter of an hour.
 */
export const ANSWER_TIMEOUT_MS = CONSUMER_CREDITS * APPLY_TIMEOUT_MS + 5_000;
