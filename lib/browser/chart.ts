/**
 * The geometry of a chart: scales, labels, outlines. The same for the drawing of the server and that
 * of the browser, so that one takes the other's place unseen.
 */

/** Values by slot; null where nothing is known. */
export type Values = readonly (number | null)[];

/** An axis from 0 to `top`, with the values at which it is marked. */
export interface Scale {
  readonly top: number;
  readonly marks: readonly number[];
}

/** Marks of a scale, at most. */
const MAX_MARKS = 4;

/**
 * A scale with round marks for values from 0 to `most`.
 *
 * @example
 * ```ts
 * import { deepStrictEqual } from "node:assert";
 * import { scaleTo } from "./chart.ts";
 *
 * deepStrictEqual(scaleTo(23_500), { top: 30_000, marks: [0, 10_000, 20_000, 30_000] });
 * deepStrictEqual(scaleTo(0), { top: 1, marks: [0, 1] });
 * ```
 */
export function scaleTo(most: number): Scale {
  if (!(most > 0)) return { top: 1, marks: [0, 1] };
  const power = 10 ** Math.floor(Math.log10(most / MAX_MARKS));
  const step = [1, 2, 5, 10].map((n) => n * power).find((step) => step * MAX_MARKS >= most)!;
  const steps = Math.ceil(most / step);
  return {
    top: tidy(steps * step),
    marks: Array.from({ length: steps + 1 }, (_, n) => tidy(n * step)),
  };
}

/** Without the last digits that floating point adds. */
const tidy = (n: number) => Number(n.toPrecision(12));

/** The highest of all values; 0 without any. */
export function highest(columns: readonly Values[]): number {
  return columns.reduce(
    (most, column) => column.reduce<number>((m, v) => Math.max(m, v ?? 0), most),
    0,
  );
}

/**
 * Columns stood on top of each other: each the sum of itself and those before.
 *
 * @example
 * ```ts
 * import { deepStrictEqual } from "node:assert";
 * import { stack } from "./chart.ts";
 *
 * deepStrictEqual(stack([[null, 1], [null, 2]]), [[null, 1], [null, 3]]);
 * ```
 */
export function stack(columns: readonly Values[]): Values[] {
  const stacked: Values[] = [];
  for (const column of columns) {
    const below = stacked.at(-1);
    stacked.push(column.map((value, at) => value === null ? null : value + (below?.[at] ?? 0)));
  }
  return stacked;
}

/**
 * A column as a line: the path of an SVG that is `values.length - 1` wide and 100 high.
 *
 * @param top the value at its upper edge
 *
 * @example
 * ```ts
 * import { strictEqual } from "node:assert";
 * import { line } from "./chart.ts";
 *
 * strictEqual(line([null, 0, 5, null, 10], 10), "M1 100L2 50M4 0");
 * ```
 */
export function line(values: Values, top: number): string {
  return runsOf(values).map((run) => "M" + points(run, values, top).join("L")).join("");
}

/**
 * What lies between a column and the one below it, as the path of the same SVG.
 *
 * @param below undefined: the bottom
 *
 * @example
 * ```ts
 * import { strictEqual } from "node:assert";
 * import { area } from "./chart.ts";
 *
 * strictEqual(area([null, 0, 5], undefined, 10), "M1 100L2 50L2 100L1 100Z");
 * ```
 */
export function area(values: Values, below: Values | undefined, top: number): string {
  const floor = below ?? values.map(() => 0);
  return runsOf(values).map((run) =>
    "M" + [...points(run, values, top), ...points(run, floor, top).reverse()].join("L") + "Z"
  ).join("");
}

/** The slots of which something is known, as runs of neighbours. */
function runsOf(values: Values): number[][] {
  const runs: number[][] = [];
  values.forEach((value, at) => {
    if (value === null) return;
    if (values[at - 1] == null) runs.push([]);
    runs.at(-1)!.push(at);
  });
  return runs;
}

function points(run: readonly number[], values: Values, top: number): string[] {
  return run.map((at) => `${at} ${Math.round(10_000 - 10_000 * (values[at] ?? 0) / top) / 100}`);
}

/** Labels of a time axis, of equal distance, from the beginning of the window to now. */
export const TIME_LABELS = {
  "1m": ["−60 s", "−45 s", "−30 s", "−15 s", "now"],
  "15m": ["−15 min", "−10 min", "−5 min", "now"],
  "1h": ["−60 min", "−45 min", "−30 min", "−15 min", "now"],
} as const;
