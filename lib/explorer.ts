/**
 * What a URL of the explorer asks for, and what the page then shows.
 */
import { z } from "zod";
import { ProblemError } from "./errors.ts";
import { parseEventQuery, toCursor } from "./event_query.ts";
import type { Histogram } from "./histogram.ts";
import { EXPLORER_PAGE_EVENTS } from "./limits.ts";
import { parseParams, wholeParam } from "./params.ts";
import type { Sql } from "./sql/connect.ts";
import { type EventQuery, readEvents } from "./sql/events.ts";
import { readHistogram } from "./sql/histogram.ts";

/** Time ranges that end now, milliseconds. */
export const RANGES = {
  "15m": 900_000,
  "1h": 3_600_000,
  "24h": 86_400_000,
  "7d": 604_800_000,
} as const;

const RANGE_NAMES = Object.keys(RANGES) as (keyof typeof RANGES)[];

/** What may stand in the query string of the page, beside what `GET /events` knows. */
const pageParams = z.object({
  last: z.enum(RANGE_NAMES, `must be one of ${RANGE_NAMES.join(", ")}`).optional(),
  seq: wholeParam(Number.MAX_SAFE_INTEGER).optional(),
});

/** What the page is asked for. */
export interface ExplorerRequest {
  readonly query: EventQuery;
  /** The event whose details are open. */
  readonly seq: number | undefined;
  /** The query string of `GET /events` for the same, without a cursor. */
  readonly api: URLSearchParams;
}

/**
 * Reads the query string of the page. A field of the form that was left empty asks for nothing.
 *
 * @throws {ProblemError} 400 if a parameter is unknown or not usable
 */
export function parseExplorer(given: URLSearchParams, now: number): ExplorerRequest {
  const params = new URLSearchParams([...given].filter(([, value]) => value !== ""));
  const own = new URLSearchParams();
  for (const name of Object.keys(pageParams.shape)) {
    for (const value of params.getAll(name)) own.append(name, value);
    params.delete(name);
  }
  const { last, seq } = parseParams(own, pageParams);
  if (last !== undefined && !params.has("from") && !params.has("to")) {
    params.set("from", new Date(now - RANGES[last]).toISOString());
  }
  if (params.has("format")) {
    throw new ProblemError("bad-parameter", "format is for /events");
  }
  const { query } = parseEventQuery(params);
  params.delete("cursor");
  return { query, seq, api: params };
}

/** What the page shows. */
export interface ExplorerPage {
  /** Events as JSON. */
  readonly events: readonly string[];
  /** The cursor of the page after this one. */
  readonly next: string | null;
  readonly histogram: Histogram;
  /** The event whose details are open, as JSON. */
  readonly open: string | null;
}

/** Reads what the page shows. */
export async function readExplorer(
  sql: Sql,
  { query, seq }: ExplorerRequest,
): Promise<ExplorerPage> {
  const [{ events, next }, histogram, open] = await Promise.all([
    readEvents(sql, query, EXPLORER_PAGE_EVENTS),
    readHistogram(sql, query),
    seq === undefined ? null : readBySeq(sql, seq),
  ]);
  return { events, next: next === undefined ? null : toCursor(next), histogram, open };
}

/** Reads one event as JSON by its seq; null if there is none. */
export async function readBySeq(sql: Sql, seq: number): Promise<string | null> {
  const { events: [event] } = await readEvents(sql, { order: "asc", after: { seq: seq - 1 } }, 1);
  return event !== undefined && JSON.parse(event).seq === seq ? event : null;
}
