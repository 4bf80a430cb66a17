/**
 * Are percentiles from a histogram close to those of what it counted?
 */
import assert from "node:assert/strict";
import { bucketOf, percentiles } from "../lib/latency.ts";
import { APPLY_TIMEOUT_MS, LATENCY_BUCKETS } from "../lib/limits.ts";
import { newRandom } from "./helpers/random.ts";

/** A histogram of durations. */
function histogram(durations: readonly number[]): Float64Array {
  const buckets = new Float64Array(LATENCY_BUCKETS);
  for (const ms of durations) buckets[bucketOf(ms)]! += 1;
  return buckets;
}

Deno.test("percentiles() are right within a tenth, whatever was counted", () => {
  const random = newRandom();
  for (let round = 0; round < 50; round++) {
    const scale = 10 ** random.below(5);
    const durations = Array.from(
      { length: 1 + random.below(2_000) },
      () => 0.3 + scale * random.below(1_000) / 1_000,
    ).sort((a, b) => a - b);
    const found = percentiles(histogram(durations))!;
    for (const [share, name] of [[0.5, "p50"], [0.95, "p95"], [0.99, "p99"]] as const) {
      const exact = durations[Math.ceil(share * durations.length) - 1]!;
      const error = Math.abs(found[name] / exact - 1);
      assert.ok(error < 0.1, `${name} of ${durations.length} is ${found[name]}, not ${exact}`);
    }
  }
});

Deno.test("percentiles() of nothing is null", () => {
  assert.equal(percentiles(histogram([])), null);
});

Deno.test("bucketOf() has a bucket for every duration", () => {
  for (const ms of [-1, 0, NaN, Number.MIN_VALUE]) assert.equal(bucketOf(ms), 0, String(ms));
  for (const ms of [1e6, Infinity]) assert.equal(bucketOf(ms), LATENCY_BUCKETS - 1, String(ms));
  assert.ok(bucketOf(APPLY_TIMEOUT_MS) < LATENCY_BUCKETS - 1, "the longest statement has its own");
});
