/**
 * What a run ends with: its figures, and whether the server's counters moved by what was sent.
 */
import type { Tally } from "./load.ts";
import type { Counters } from "./stats.ts";

/** What was sent and accepted, as far as the counters are concerned. */
export interface Sent {
  events: number;
  unique: number;
  /** Events that may have been accepted once more than counted in `events`. */
  inDoubtEvents: number;
  /** Whether no key of the run can have been stored before it. */
  freshKeys: boolean;
}

/** One counter: the change it should show, from least to most, and the change it did show. */
export interface Row {
  counter: string;
  least: number;
  most: number;
  actual: number;
}

/**
 * Compares the change of the server's counters over a run with what was sent.
 *
 * Deliveries in doubt widen the expectation for `received` and `duplicate_dropped`, never for
 * `unique_processed`: accepted once or twice, a key is stored once. Keys that may be stored already
 * (a seed used again) turn unique ones into duplicates. What widens is pinned by the last row: each
 * received event is unique, a duplicate or a dead letter.
 *
 * @returns a row per counter and one for their sum; the run is correct if all of them {@linkcode agree}
 *
 * @example
 * ```ts
 * import { agrees, compare } from "./report.ts";
 * const none = { received: 0, unique_processed: 0, duplicate_dropped: 0, dead_letters: 0, pending: 0 };
 * const after = { ...none, received: 10, unique_processed: 7, duplicate_dropped: 3 };
 * const sent = { events: 10, unique: 7, inDoubtEvents: 0, freshKeys: true };
 * if (!compare(sent, none, after).every(agrees)) throw new Error();
 * ```
 */
export function compare(sent: Sent, before: Counters, after: Counters): Row[] {
  const change = (counter: keyof Counters) => after[counter] - before[counter];
  const received = change("received");
  const unique = change("unique_processed");
  const duplicates = change("duplicate_dropped");
  const dead = change("dead_letters");
  const { events, inDoubtEvents } = sent;
  const leastUnique = sent.freshKeys ? sent.unique : 0;
  return [
    row("received", events, events + inDoubtEvents, received),
    row("unique_processed", leastUnique, sent.unique, unique),
    row(
      "duplicate_dropped",
      events - sent.unique,
      events - leastUnique + inDoubtEvents,
      duplicates,
    ),
    row("dead_letters", 0, 0, dead),
    row("sum of the three", received, received, unique + duplicates + dead),
  ];
}

function row(counter: string, least: number, most: number, actual: number): Row {
  return { counter, least, most, actual };
}

/** Whether a counter changed as expected. */
export function agrees({ least, most, actual }: Row): boolean {
  return least <= actual && actual <= most;
}

/** The figures of a run, finished or not, as lines. */
export function summary(tally: Tally): string[] {
  const ms = tally.elapsedMs();
  const inDoubt = tally.inDoubtEvents > 0 ? `, ${count(tally.inDoubtEvents)} events in doubt` : "";
  const latency = [50, 95, 99].map((p) => `p${p} ${tally.latencyMs(p).toFixed(1)} ms`);
  return [
    line("Sent", `${count(tally.events)} events in ${seconds(ms)}, ${rate(tally.events, ms)}`),
    line("Unique", count(tally.unique)),
    line("Duplicates", `${count(tally.events - tally.unique)} deliberate`),
    line("Requests", `${count(tally.requests)} accepted`),
    line("Retries", `${count(tally.retries)}${inDoubt}`),
    line("Latency", latency.join(", ")),
    ...limit(tally.busyMs / ms),
  ];
}

/** Busier than this, one thread has no time left. */
const SATURATED = 0.9;

/** Says whether it was the publisher that could do no more. */
function limit(busy: number): string[] {
  if (!(busy > SATURATED)) return [];
  const share = `${Math.round(100 * Math.min(busy, 1))} % of the time`;
  return [
    line("Limit", `this publisher: it computed ${share}; larger batches or several send more`),
  ];
}

/** When all was committed, counted from the first request. */
export function committed(events: number, ms: number): string {
  return line("Committed", `all after ${seconds(ms)}, ${rate(events, ms)}`);
}

/** The outcome of {@linkcode compare} as lines: `OK`, or a table of the counters. */
export function verdict(rows: Row[], sent: Sent): string[] {
  const notes = [];
  if (sent.inDoubtEvents > 0) {
    notes.push(
      `${count(sent.inDoubtEvents)} events in doubt (sent again after a lost answer) may count ` +
        `once more in received and duplicate_dropped.`,
    );
  }
  if (!sent.freshKeys) {
    notes.push(
      "With --seed the keys may be stored already: unique_processed has only an upper bound.",
    );
  }
  if (rows.every(agrees)) {
    const [received, unique, duplicates] = rows.map((row) => count(row.actual));
    return [`OK: received ${received} = unique ${unique} + duplicates ${duplicates}`, ...notes];
  }

  const cells = rows.map((row) => [
    row.counter,
    row.least === row.most ? count(row.least) : `${count(row.least)} to ${count(row.most)}`,
    count(row.actual),
    agrees(row) ? "" : "differs",
  ]);
  const table = [["counter", "expected", "actual", ""], ...cells];
  const widths = [0, 1, 2].map((column) => Math.max(...table.map((row) => row[column]!.length)));
  return [
    "DIFFERS: the server's counters did not change by what was sent",
    ...table.map(([name = "", expected = "", actual = "", mark = ""]) =>
      `  ${name.padEnd(widths[0]!)}  ${expected.padStart(widths[1]!)}  ${
        actual.padStart(widths[2]!)
      }  ${mark}`.trimEnd()
    ),
    ...notes,
    "If another publisher wrote during the run, a difference is expected.",
  ];
}

const line = (name: string, text: string) => `${name.padEnd(12)}${text}`;

/** A number with thousands separated. */
export const count = (value: number) => Math.round(value).toLocaleString("en-US");
const seconds = (ms: number) => `${(ms / 1000).toFixed(2)} s`;
const rate = (events: number, ms: number) =>
  `${count(events / Math.max(ms, 0.001) * 1000)} events/s`;
