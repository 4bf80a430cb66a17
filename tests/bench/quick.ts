/**
 * How long a quick run takes, by design: under two minutes, where nothing else runs on the machine.
 *
 * Parts that could take longer on a slow machine are cut off in time, the others do little.
 */
import type { Options, Part } from "./options.ts";

/** From the start of the command to the first round, and from the last one to the end. */
const AROUND_SECONDS = 12;

/** A round of each part that a quick run has, making its requests included. */
export const QUICK_SECONDS: Partial<Readonly<Record<Part, number>>> = {
  throughput: 18,
  latency: 7,
  live: 1.5,
  steps: 2,
  original: 2,
};

/**
 * Seconds that a quick run is to take; not a number where it has a part that a quick run leaves out.
 *
 * @example
 * ```ts
 * import { strictEqual } from "node:assert/strict";
 *
 * strictEqual(plannedSeconds({ parts: ["throughput", "steps"], rounds: 2 }), 52);
 * ```
 */
export function plannedSeconds({ parts, rounds }: Pick<Options, "parts" | "rounds">): number {
  const round = parts.reduce((sum, part) => sum + (QUICK_SECONDS[part] ?? NaN), 0);
  return AROUND_SECONDS + rounds * round;
}
