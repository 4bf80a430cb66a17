/**
 * Which test modules run together in one `deno test`, and which come first.
 */
import { dirname } from "node:path/posix";

/** Take longest as a whole, so they begin first. */
const FIRST = ["tests/browser", "tests", "tests/sql", "tests/bench", "tests/verify"];

/** Their modules run a few at a time, and last, so that all lanes have work until the end. */
const BY_FEW = ["tests/postgres", "tests/invariants", "tests/e2e"];

/** Each `deno test` takes some seconds to start. */
const FEW = 4;

/**
 * Divides test modules into groups, in the order in which they are to begin.
 *
 * @param modules paths from the project's root
 * @returns each module in exactly one group
 *
 * @example
 * ```ts
 * import { deepStrictEqual } from "node:assert/strict";
 *
 * deepStrictEqual(
 *   planGroups(["tests/e2e/a_test.ts", "tests/e2e/b_test.ts", "tests/x/c_test.ts", "tests/d_test.ts"]),
 *   [["tests/d_test.ts"], ["tests/x/c_test.ts"], ["tests/e2e/a_test.ts", "tests/e2e/b_test.ts"]],
 * );
 * ```
 */
export function planGroups(modules: readonly string[]): string[][] {
  const directories = Map.groupBy(modules.toSorted(), (path) => dirname(path));
  const middle = [...directories.keys()].filter((directory) =>
    !FIRST.includes(directory) && !BY_FEW.includes(directory)
  );
  const of = (directory: string) => directories.get(directory) ?? [];
  return [
    ...[...FIRST, ...middle].map(of),
    ...chunks(BY_FEW.flatMap(of), FEW),
  ].filter((group) => group.length > 0);
}

function chunks<T>(all: readonly T[], length: number): T[][] {
  return Array.from(
    { length: Math.ceil(all.length / length) },
    (_, at) => all.slice(at * length, (at + 1) * length),
  );
}
