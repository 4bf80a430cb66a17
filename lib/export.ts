/**
 * Events as a stream of lines, as fast as the reader takes them and no faster.
 */
import { CSV_HEAD, toCsv } from "./csv.ts";
import { ProblemError } from "./errors.ts";
import { MAX_EXPORTS } from "./limits.ts";
import type { Sql } from "./sql/connect.ts";
import { type EventQuery, exportEvents } from "./sql/events.ts";

/** What the lines are. */
export type ExportFormat = "ndjson" | "csv";

const TYPES: Record<ExportFormat, string> = {
  ndjson: "application/x-ndjson",
  csv: "text/csv; charset=utf-8; header=present",
};

let running = 0;

/**
 * The format that a request asks for by `Accept`, if one.
 *
 * @example
 * ```ts
 * import { strictEqual } from "node:assert";
 * import { exportFormat } from "./export.ts";
 *
 * strictEqual(exportFormat("text/csv"), "csv");
 * strictEqual(exportFormat("*" + "/*"), undefined);
 * ```
 */
export function exportFormat(accept: string | null): ExportFormat | undefined {
  if (accept?.includes("application/x-ndjson")) return "ndjson";
  return accept?.includes("text/csv") ? "csv" : undefined;
}

/**
 * Answers with all events that match, one a line.
 *
 * @param limit the most lines, if any
 * @param asFile whether a browser is to save it
 * @throws {ProblemError} 503 if too many exports run
 */
export function exportResponse(
  sql: Sql,
  query: EventQuery,
  { format, limit, asFile }: {
    readonly format: ExportFormat;
    readonly limit: number | undefined;
    readonly asFile: boolean;
  },
): Response {
  if (running >= MAX_EXPORTS) {
    throw new ProblemError("too-many-exports", `${MAX_EXPORTS} are running`, {
      headers: { "retry-after": "5" },
    });
  }
  const body = ReadableStream.from(lines(sql, query, format, limit))
    .pipeThrough(new TextEncoderStream());
  const headers = new Headers({ "content-type": TYPES[format], vary: "accept" });
  if (asFile) headers.set("content-disposition", `attachment; filename="events.${format}"`);
  return new Response(body, { headers });
}

async function* lines(
  sql: Sql,
  query: EventQuery,
  format: ExportFormat,
  limit = Infinity,
): AsyncGenerator<string> {
  running++;
  try {
    if (format === "csv") yield CSV_HEAD;
    const toLine = format === "csv" ? toCsv : (event: string) => event + "\n";
    let left = limit;
    for await (const events of exportEvents(sql, query)) {
      yield events.slice(0, left).map(toLine).join("");
      left -= events.length;
      if (left <= 0) return;
    }
  } finally {
    running--;
  }
}
