/**
 * How long things took, as a histogram: percentiles from a few counters, not from samples.
 */
import { LATENCY_BUCKETS, LATENCY_FIRST_MS, LATENCY_GROWTH } from "./limits.ts";

/** Percentiles of a duration, milliseconds. */
export interface Percentiles {
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
}

/**
 * The bucket that counts a duration.
 *
 * @param ms milliseconds; what is longer than the last bucket is counted there
 */
export function bucketOf(ms: number): number {
  if (!(ms > LATENCY_FIRST_MS)) return 0;
  const bucket = Math.ceil(Math.log(ms / LATENCY_FIRST_MS) / LOG_GROWTH);
  return Math.min(bucket, LATENCY_BUCKETS - 1);
}

const LOG_GROWTH = Math.log(LATENCY_GROWTH);

/**
 * The percentiles of a histogram, each as the middle of its bucket: right within a tenth.
 *
 * @param buckets how many durations each bucket has counted
 * @returns null if none has
 *
 * @example
 * ```ts
 * import { ok, strictEqual } from "node:assert";
 * import { LATENCY_BUCKETS } from "./limits.ts";
 * import { bucketOf, percentiles } from "./latency.ts";
 *
 * const buckets = new Float64Array(LATENCY_BUCKETS);
 * strictEqual(percentiles(buckets), null);
 * for (let ms = 1; ms <= 100; ms++) buckets[bucketOf(ms)]! += 1;
 * ok(Math.abs(percentiles(buckets)!.p95 - 95) < 9.5);
 * ```
 */
export function percentiles(buckets: Float64Array): Percentiles | null {
  const all = buckets.reduce((sum, count) => sum + count, 0);
  if (all === 0) return null;
  const at = (share: number) => {
    let left = share * all;
    const bucket = buckets.findIndex((count) => (left -= count) <= 0);
    return middleOf(bucket);
  };
  return { p50: at(0.5), p95: at(0.95), p99: at(0.99) };
}

/** Three digits are more than a bucket knows. */
function middleOf(bucket: number): number {
  return Number((LATENCY_FIRST_MS * LATENCY_GROWTH ** (bucket - 0.5)).toPrecision(3));
}
