/**
 * Numbers, sizes and times as people read them; the same on the server and in the browser.
 */

const whole = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });

/**
 * @example
 * ```ts
 * import { strictEqual } from "node:assert";
 * import { count } from "./format.ts";
 *
 * strictEqual(count(1204418), "1,204,418");
 * ```
 */
export function count(n: number): string {
  return whole.format(n);
}

const short = new Intl.NumberFormat("en", { notation: "compact", maximumSignificantDigits: 3 });

/**
 * A count where there is little room.
 *
 * @example
 * ```ts
 * import { deepStrictEqual } from "node:assert";
 * import { brief } from "./format.ts";
 *
 * deepStrictEqual([0, 7, 950, 18_240, 1_204_418].map(brief), ["0", "7", "950", "18.2k", "1.2M"]);
 * ```
 */
export function brief(n: number): string {
  return short.format(n).replace("K", "k");
}

/** A share of a whole in percent with one digit: `12.8 %`, which never breaks; of nothing it is `0 %`. */
export function percent(part: number, all: number): string {
  return all === 0 ? "0\u00a0%" : `${(100 * part / all).toFixed(1)}\u00a0%`;
}

/**
 * A size: `118 KiB`.
 *
 * @param n bytes
 */
export function bytes(n: number): string {
  for (const [unit, size] of [["GiB", 2 ** 30], ["MiB", 2 ** 20], ["KiB", 2 ** 10]] as const) {
    if (n >= size) return `${(n / size).toFixed(n < 10 * size ? 1 : 0)} ${unit}`;
  }
  return `${n} B`;
}

/**
 * How long ago something was: `now`, `14 s ago`.
 *
 * @param ms milliseconds since then
 */
export function ago(ms: number): string {
  return ms < 1000 ? "now" : `${span(ms)} ago`;
}

/**
 * A time span, in its largest unit: `38 ms`, `2 s`, `5 min`, `3 h`, `12 d`.
 *
 * @param ms milliseconds
 */
export function span(ms: number): string {
  if (ms < 1000) return `${Math.max(0, Math.round(ms))} ms`;
  for (const [unit, size] of [["d", 86_400_000], ["h", 3_600_000], ["min", 60_000]] as const) {
    if (ms >= size) return `${Math.floor(ms / size)} ${unit}`;
  }
  return `${Math.floor(ms / 1000)} s`;
}

/**
 * A duration with two digits where it is short: `1.2 ms`, `38 ms`, `4.5 s`.
 *
 * @param ms milliseconds
 *
 * @example
 * ```ts
 * import { deepStrictEqual } from "node:assert";
 * import { duration } from "./format.ts";
 *
 * deepStrictEqual([-120, 0, 1.24, 38.4, 940, 4520, 61_000].map(duration), [
 *   "−120 ms",
 *   "0 ms",
 *   "1.2 ms",
 *   "38 ms",
 *   "940 ms",
 *   "4.5 s",
 *   "1 min",
 * ]);
 * ```
 */
export function duration(ms: number): string {
  if (ms < 0) return `−${duration(-ms)}`;
  if (ms >= 10_000) return span(ms);
  return ms >= 1_000 ? `${round(ms / 1000)} s` : `${round(ms)} ms`;
}

/**
 * How long after its own time an event was received, by our clock.
 *
 * @param ms below 0 where its publisher's clock is ahead of ours
 *
 * @example
 * ```ts
 * import { deepStrictEqual } from "node:assert";
 * import { skewed } from "./format.ts";
 *
 * deepStrictEqual([120, -3_000].map(skewed), ["120 ms later", "3 s ahead of us"]);
 * ```
 */
export function skewed(ms: number): string {
  return ms < 0 ? `${duration(-ms)} ahead of us` : `${duration(ms)} later`;
}

/** One digit behind the point, below 10. */
const round = (n: number) => n < 10 ? Number(n.toFixed(1)) : Math.round(n);
