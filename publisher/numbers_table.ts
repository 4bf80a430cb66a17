/**
 * The numbers of a service as lines for a terminal.
 */
import { z } from "zod";
import { count } from "./report.ts";
import { escaped } from "./tail_line.ts";

const totals = {
  received: z.number(),
  unique_processed: z.number(),
  duplicate_dropped: z.number(),
  dead_letters: z.number(),
};

/** What is shown of `GET /stats`. */
export const shownStats = z.object({
  ...totals,
  expired: z.number(),
  consistent: z.boolean(),
  pending: z.number(),
  lag_ms: z.number(),
  uptime: z.number(),
  draining: z.boolean(),
  rates: z.object({ accepted: z.number(), received: z.number() }),
  queue: z.discriminatedUnion("kind", [
    z.object({ kind: z.literal("local") }),
    z.object({
      kind: z.literal("jetstream"),
      stream: z.string(),
      at: z.string(),
      trouble: z.string().nullable(),
      messages: z.number().nullable(),
    }),
  ]),
  database: z.object({ version: z.string(), at: z.string() }),
  consumers: z.array(z.object({
    consumer: z.number(),
    state: z.string(),
    committed: z.number(),
    rate: z.number(),
    restarts: z.number(),
    trouble: z.string().nullable(),
  })),
});

/** What is shown of `GET /topics`. */
export const shownTopics = z.array(z.object({
  topic: z.string(),
  ...totals,
  rate: z.number().nullable(),
}));

/** Topics that are listed, those that received most. */
const MAX_TOPICS = 10;

/** The numbers as lines, none of which can drive a terminal. */
export function numbersTable(
  stats: z.infer<typeof shownStats>,
  topics: z.infer<typeof shownTopics>,
): string[] {
  const { received } = stats;
  const share = (n: number) => received === 0 ? "" : `${(100 * n / received).toFixed(1)} %`;
  const law: [string, number][] = [
    ["unique", stats.unique_processed],
    ["duplicates", stats.duplicate_dropped],
    ["dead letters", stats.dead_letters],
  ];
  return [
    ...table([
      ["received", count(received), stats.consistent ? "consistent" : "INCONSISTENT"],
      ...law.map(([name, n]) => [name, count(n), share(n)]),
      ...(stats.expired > 0 ? [["expired", count(stats.expired), "of the unique"]] : []),
      ["pending", count(stats.pending), stats.pending > 0 ? `oldest ${span(stats.lag_ms)}` : ""],
      ["accepted", `${count(stats.rates.accepted)}/s`, ""],
      ["committed", `${count(stats.rates.received)}/s`, stats.draining ? "stopping" : ""],
      ...queueRow(stats.queue),
      [
        "up",
        span(1000 * stats.uptime),
        `PostgreSQL ${stats.database.version}, ${stats.database.at}`,
      ],
    ], [1]),
    "",
    ...table([
      ["consumer", "state", "committed", "rate", "restarts", ""],
      ...stats.consumers.map((one) => [
        String(one.consumer),
        one.state,
        count(one.committed),
        `${count(one.rate)}/s`,
        count(one.restarts),
        one.trouble ?? "",
      ]),
    ], [2, 3, 4]),
    "",
    ...topicLines(topics),
  ];
}

/** A stream, and what is wrong with it. */
function queueRow(queue: z.infer<typeof shownStats>["queue"]): string[][] {
  if (queue.kind === "local") return [];
  const { stream, at, trouble, messages } = queue;
  return [[
    "messages",
    messages === null ? "?" : count(messages),
    `JetStream ${stream}, ${at}${trouble === null ? "" : `: ${trouble}`}`,
  ]];
}

function topicLines(topics: z.infer<typeof shownTopics>): string[] {
  if (topics.length === 0) return ["No topic yet"];
  const most = topics.toSorted((a, b) => b.received - a.received).slice(0, MAX_TOPICS);
  const more = topics.length - most.length;
  return [
    ...table([
      ["topic", "received", "unique", "duplicates", "dead letters", "rate"],
      ...most.map((one) => [
        one.topic,
        count(one.received),
        count(one.unique_processed),
        count(one.duplicate_dropped),
        count(one.dead_letters),
        one.rate === null ? "–" : `${count(one.rate)}/s`,
      ]),
    ], [1, 2, 3, 4, 5]),
    ...(more > 0 ? [`and ${count(more)} more`] : []),
  ];
}

/** Rows with their columns below each other, those of numbers by their right. */
function table(cells: readonly (readonly string[])[], numbers: readonly number[]): string[] {
  const rows = cells.map((row) => row.map(escaped));
  const widths = rows[0]!.map((_, at) => Math.max(...rows.map((row) => row[at]!.length)));
  return rows.map((row) =>
    row.map((cell, at) =>
      numbers.includes(at) ? cell.padStart(widths[at]!) : cell.padEnd(widths[at]!)
    ).join("  ").trimEnd()
  );
}

/** A time span in its largest unit. */
function span(ms: number): string {
  for (const [unit, size] of [["d", 86_400_000], ["h", 3_600_000], ["min", 60_000]] as const) {
    if (ms >= size) return `${Math.floor(ms / size)} ${unit}`;
  }
  return ms >= 1000 ? `${Math.floor(ms / 1000)} s` : `${Math.round(ms)} ms`;
}

/**
 * Lines in place of those before: from the top of a terminal over what was there, as many and as long
 * as there is room for.
 *
 * @example
 * ```ts
 * import { strictEqual } from "node:assert";
 * import { screen } from "./numbers_table.ts";
 *
 * const text = screen(["long line", "second", "third"], { columns: 4, rows: 3 });
 * strictEqual(text, "\x1b[Hlong\x1b[K\nseco\x1b[K\n\x1b[J");
 * ```
 */
export function screen(
  lines: readonly string[],
  { columns, rows }: { readonly columns: number; readonly rows: number },
): string {
  const shown = lines.slice(0, rows - 1).map((line) => `${line.slice(0, columns)}\x1b[K\n`);
  return `\x1b[H${shown.join("")}\x1b[J`;
}
