/**
 * Events as a stream of NDJSON, as fast as the reader takes them and no faster.
 */
import { ProblemError } from "./errors.ts";
import { MAX_EXPORTS } from "./limits.ts";
import { type EventQuery, exportEvents } from "./sql/events.ts";
import type { Sql } from "./sql/connect.ts";

let running = 0;

/**
 * Answers with all events that match, one JSON object a line.
 *
 * @param limit the most lines, if any
 * @throws {ProblemError} 503 if too many exports run
 */
export function exportResponse(sql: Sql, query: EventQuery, limit: number | undefined): Response {
  if (running >= MAX_EXPORTS) {
    throw new ProblemError(503, "Too many exports", `${MAX_EXPORTS} are running`, {
      headers: { "retry-after": "5" },
    });
  }
  const body = ReadableStream.from(lines(sql, query, limit)).pipeThrough(new TextEncoderStream());
  return new Response(body, {
    headers: { "content-type": "application/x-ndjson", vary: "accept" },
  });
}

async function* lines(sql: Sql, query: EventQuery, limit = Infinity): AsyncGenerator<string> {
  running++;
  try {
    let left = limit;
    for await (const events of exportEvents(sql, query)) {
      yield events.slice(0, left).map((event) => event + "\n").join("");
      left -= events.length;
      if (left <= 0) return;
    }
  } finally {
    running--;
  }
}
