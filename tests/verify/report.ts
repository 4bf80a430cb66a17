/**
 * What a run tells: a line a round while it runs, a Markdown table at the end, and one last line.
 */
import type { Findings, Keys } from "./judge.ts";
import { ALL_KINDS, type Plan } from "./plan.ts";
import { isPassed, type RoundResult } from "./round.ts";

/** One round, in one line. @param of how many rounds there are */
export function roundLine(result: RoundResult, position: number, of: number): string {
  const { plan, findings, answeredMs, settledMs, tookMs } = result;
  const place = `${String(position).padStart(String(of).length)}/${of}`;
  const told = [
    `${count(result.acknowledged)} acknowledged`,
    `${count(result.inDoubt)} in doubt`,
    ...(findings === undefined ? ["not judged"] : wrongs(findings)),
    `202 after ${seconds(answeredMs)}`,
    `settled after ${seconds(settledMs)}`,
    `took ${seconds(tookMs)}`,
  ];
  return `${place}  ${plan.kind.padEnd(WIDEST_KIND)}  ${isPassed(result) ? "ok  " : "FAIL"}  ${
    told.join(", ")
  }`;
}

const WIDEST_KIND = Math.max(...ALL_KINDS.map((kind) => kind.length));

/** The Markdown table of a run, a line a kind of fault, then their sum. */
export function table(results: readonly RoundResult[]): string[] {
  const rows = ALL_KINDS.map((kind) => ({
    name: kind as string,
    results: results.filter(({ plan }) => plan.kind === kind),
  })).filter(({ results }) => results.length > 0);
  return markdown([
    HEAD,
    ...[...rows, { name: "all", results }].map(({ name, results }) => [
      name,
      count(results.length),
      count(sum(results, (result) => result.acknowledged)),
      count(sum(results, (result) => result.inDoubt)),
      count(sum(results, ({ findings }) => findings?.lost.count ?? 0)),
      count(sum(results, ({ findings }) => findings?.doubled.count ?? 0)),
      count(sum(results, ({ findings }) => findings?.counterError ?? 0)),
      spread(results.map(({ answeredMs }) => answeredMs)),
      spread(results.map(({ settledMs }) => settledMs)),
    ]),
  ]);
}

const HEAD = [
  "fault",
  "rounds",
  "acknowledged",
  "in doubt",
  "lost",
  "doubled",
  "counter error",
  "202 again (p50, max)",
  "settled (p50, max)",
];

/** What is wrong with a round, a line each, and how to play it again. */
export function failure(seed: string, result: RoundResult): string[] {
  const { plan, findings, failure } = result;
  return [
    `Round ${plan.round} failed: ${plan.kind}`,
    ...(failure === undefined ? [] : [`  ${failure}`]),
    ...(findings === undefined ? [] : details(findings)),
    `  again: deno task verify --seed ${seed} --round ${plan.round}${topologyFlag(plan)}`,
  ];
}

function topologyFlag({ topology }: Plan): string {
  return topology === "one" ? "" : ` --topology ${topology}`;
}

/** All that was found, a line each. */
export function details(findings: Findings): string[] {
  const keys = (name: string, { count: found, first }: Keys) => {
    if (found === 0) return [];
    const named = first.map(({ event_id, topic }) => `${event_id} of ${topic}`).join(", ");
    return [`  ${name}: ${count(found)}, ${found > first.length ? "first " : ""}${named}`];
  };
  return [
    ...keys("lost", findings.lost),
    ...keys("doubled", findings.doubled),
    ...keys("invented", findings.invented),
    ...keys("spoiled", findings.spoiled),
    ...findings.wrongCounters.map((what) => `  counter: ${what}`),
  ];
}

/** The last line. */
export function conclusion(seed: string, results: readonly RoundResult[], ok: boolean): string {
  const acknowledged = count(sum(results, (result) => result.acknowledged));
  const rounds = `${count(results.length)} ${results.length === 1 ? "round" : "rounds"}`;
  return ok
    ? `OK: ${rounds}, ${acknowledged} events acknowledged: none lost, none stored twice, ` +
      `all counters exact (seed ${seed})`
    : `FAILED after ${rounds} (seed ${seed})`;
}

/** A number with thousands separated. */
export const count = (value: number) => value.toLocaleString("en-US");

function wrongs({ lost, doubled, invented, spoiled, counterError }: Findings): string[] {
  return [
    `${count(lost.count)} lost`,
    `${count(doubled.count)} doubled`,
    // Not to be explained by any fault: named only if there are some.
    ...(invented.count > 0 ? [`${count(invented.count)} invented`] : []),
    ...(spoiled.count > 0 ? [`${count(spoiled.count)} spoiled`] : []),
    `counter error ${count(counterError)}`,
  ];
}

/** Median (of an even number the lower one) and maximum. */
function spread(times: readonly (number | undefined)[]): string {
  const known = times.filter((ms) => ms !== undefined).toSorted((a, b) => a - b);
  return `${seconds(known[(known.length - 1) >> 1])}, ${seconds(known.at(-1))}`;
}

function seconds(ms: number | undefined): string {
  return ms === undefined ? "-" : `${(ms / 1000).toFixed(2)} s`;
}

function sum(results: readonly RoundResult[], of: (result: RoundResult) => number): number {
  return results.reduce((total, result) => total + of(result), 0);
}

/** The first column to the left, numbers to the right. */
function markdown(rows: readonly string[][]): string[] {
  const widths = rows[0]!.map((_, at) => Math.max(...rows.map((row) => row[at]!.length)));
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  const [head, ...body] = rows.map((row) =>
    line(row.map((cell, at) => at === 0 ? cell.padEnd(widths[at]!) : cell.padStart(widths[at]!)))
  );
  const rule = widths.map((width, at) =>
    at === 0 ? "-".repeat(width) : `${"-".repeat(width - 1)}:`
  );
  return [head!, line(rule), ...body];
}
