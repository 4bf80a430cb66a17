/**
 * What `deno test` says at its end, added up over several of them.
 */

/** Numbers of tests. */
export interface Summary {
  readonly passed: number;
  readonly failed: number;
  readonly ignored: number;
}

/** A run that ended before it could say what became of its tests. */
const BROKEN: Summary = { passed: 0, failed: 1, ignored: 0 };

/**
 * Reads the last line of a run without colours.
 *
 * @param success whether it ended with status 0
 * @returns at least one failed test exactly if the run was no success
 *
 * @example
 * ```ts
 * import { deepStrictEqual } from "node:assert/strict";
 *
 * const output = "\nok | 3 passed (2 steps) | 0 failed | 1 ignored (7s)\n";
 * deepStrictEqual(readSummary(output, true), { passed: 3, failed: 0, ignored: 1 });
 * deepStrictEqual(readSummary("Killed", false), { passed: 0, failed: 1, ignored: 0 });
 * ```
 */
export function readSummary(output: string, success: boolean): Summary {
  const line = output.match(/^(?:ok|FAILED) \| .*\)$/gm)?.at(-1);
  if (line === undefined) return BROKEN;
  const count = (what: string) => Number(new RegExp(`(\\d+) ${what}`).exec(line)?.[1] ?? 0);
  const summary = { passed: count("passed"), failed: count("failed"), ignored: count("ignored") };
  return success === (summary.failed === 0) ? summary : addUp([summary, BROKEN]);
}

/** All runs as one. */
export function addUp(summaries: readonly Summary[]): Summary {
  const sum = (what: keyof Summary) => summaries.reduce((n, summary) => n + summary[what], 0);
  return { passed: sum("passed"), failed: sum("failed"), ignored: sum("ignored") };
}

/**
 * The line that `deno test` ends with.
 *
 * @example
 * ```ts
 * import { strictEqual } from "node:assert/strict";
 *
 * const line = formatSummary({ passed: 3, failed: 0, ignored: 1 }, 67_000);
 * strictEqual(line, "ok | 3 passed | 0 failed | 1 ignored (1m7s)");
 * ```
 */
export function formatSummary({ passed, failed, ignored }: Summary, durationMs: number): string {
  const seconds = Math.round(durationMs / 1_000);
  const time = `${Math.floor(seconds / 60)}m${seconds % 60}s`;
  const verdict = failed === 0 ? "ok" : "FAILED";
  return `${verdict} | ${passed} passed | ${failed} failed | ${ignored} ignored (${time})`;
}

/** Lines that name a module, and those that end a test of it, with what they say of time. */
const TIMED =
  /^running \d+ tests? from \.\/(\S+)$|\.\.\. (?:ok|FAILED) \((?:(\d+)m)?(?:(\d+)s)?(?:(\d+)ms)?\)$/gm;

/**
 * The modules whose tests took longest, a line each; starts of what a module's tests share are not told.
 *
 * @param output of any number of runs without colours
 *
 * @example
 * ```ts
 * import { deepStrictEqual } from "node:assert/strict";
 *
 * const output = [
 *   "running 2 tests from ./tests/a_test.ts\na ... ok (1m2s)\nb ... ok (600ms)",
 *   "running 2 tests from ./tests/b_test.ts\na ... FAILED (9s)\nb ... ok (2ms)",
 * ].join("\n");
 * deepStrictEqual(slowest(output, 1), ["  63 s  tests/a_test.ts"]);
 * ```
 */
export function slowest(output: string, count: number): string[] {
  const times = new Map<string, number>();
  let module = "";
  for (const [, path, minutes = 0, seconds = 0, ms = 0] of output.matchAll(TIMED)) {
    module = path ?? module;
    const ofTest = 60 * Number(minutes) + Number(seconds) + Number(ms) / 1_000;
    times.set(module, (times.get(module) ?? 0) + ofTest);
  }
  return [...times].sort(([, a], [, b]) => b - a).slice(0, count)
    .map(([path, seconds]) => `${Math.round(seconds).toString().padStart(4)} s  ${path}`);
}
