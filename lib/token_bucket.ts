/**
 * A token bucket: so many at once after a quiet time, and so many a second in the long run.
 *
 * @example
 * ```ts
 * import { deepStrictEqual } from "node:assert";
 * import { TokenBucket } from "./token_bucket.ts";
 *
 * const bucket = new TokenBucket(10, 2, 0);
 * const full = bucket.at(0);
 * bucket.spend(9);
 * deepStrictEqual([full, bucket.at(0), bucket.at(1_000), bucket.at(60_000)], [10, 1, 3, 10]);
 * ```
 */
export class TokenBucket {
  readonly #capacity: number;
  readonly #perSecond: number;
  #tokens: number;
  #now: number;

  /** @param now milliseconds; it is full then */
  constructor(capacity: number, perSecond: number, now: number) {
    this.#capacity = capacity;
    this.#perSecond = perSecond;
    this.#tokens = capacity;
    this.#now = now;
  }

  /** How many there are, in whole numbers. */
  at(now: number): number {
    const added = Math.max(0, now - this.#now) / 1000 * this.#perSecond;
    this.#tokens = Math.min(this.#capacity, this.#tokens + added);
    this.#now = now;
    return Math.floor(this.#tokens);
  }

  /** Takes some away. */
  spend(count: number): void {
    this.#tokens -= count;
  }
}
