/**
 * What a run has measured: figures by name, each the median of its rounds.
 */

/** One figure. */
export interface Figure {
  /** What was measured, such as `throughput / batches of 500, 8 connections / committed`. */
  readonly name: string;
  /** `events/s`, `ms`, `ratio`, `µs/event`, `MiB`, `rows`. */
  readonly unit: string;
  readonly median: number;
  readonly least: number;
  readonly most: number;
}

/** A run: what it was measured on, and the figures. */
export interface Results {
  readonly machine: Readonly<Record<string, string | number>>;
  readonly figures: readonly Figure[];
}

/** Gathers values by name over the rounds. */
export class Gatherer {
  readonly #values = new Map<string, { unit: string; values: number[] }>();

  add(name: string, unit: string, value: number): void {
    const entry = this.#values.get(name) ?? { unit, values: [] };
    this.#values.set(name, entry);
    entry.values.push(value);
  }

  /** All figures so far, in the order in which their names first came. */
  get figures(): Figure[] {
    return [...this.#values].map(([name, { unit, values }]) => ({
      name,
      unit,
      median: median(values),
      least: Math.min(...values),
      most: Math.max(...values),
    }));
  }
}

/**
 * The median; of an even number of values the mean of the two in the middle.
 *
 * @example
 * ```ts
 * import { strictEqual } from "node:assert";
 * import { median } from "./results.ts";
 *
 * strictEqual(median([3, 1, 2]), 2);
 * strictEqual(median([4, 1, 2, 3]), 2.5);
 * ```
 */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/**
 * The figures as a table in Markdown.
 *
 * @param earlier figures to compare with; adds a column of ratios
 */
export function table(figures: readonly Figure[], earlier?: readonly Figure[]): string[] {
  const before = new Map(earlier?.map((figure) => [figure.name, figure.median]));
  const head = ["", "median", "least", "most", "", ...(earlier ? ["× earlier"] : [])];
  const rows = figures.map(({ name, unit, median, least, most }) => [
    name,
    digits(median),
    digits(least),
    digits(most),
    unit,
    ...(earlier ? [before.has(name) ? (median / before.get(name)!).toFixed(2) : "new"] : []),
  ]);
  const widths = head.map((cell, at) =>
    Math.max(cell.length, 4, ...rows.map((r) => r[at]!.length))
  );
  const line = (cells: readonly string[]) =>
    `| ${
      cells.map((cell, at) => isNumber(at) ? cell.padStart(widths[at]!) : cell.padEnd(widths[at]!))
        .join(" | ")
    } |`;
  const rule = widths.map((width, at) =>
    "-".repeat(width - (isNumber(at) ? 1 : 0)) + (isNumber(at) ? ":" : "")
  );
  return [line(head), line(rule), ...rows.map(line)];
}

const isNumber = (column: number) => column !== 0 && column !== 4;

/** Three digits that count, no more than that: the rest is noise. */
function digits(value: number): string {
  if (Math.abs(value) >= 1000) return Math.round(value).toLocaleString("en");
  return Number(value.toPrecision(3)).toString();
}
