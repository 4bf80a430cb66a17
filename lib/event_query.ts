/**
 * The query string of `GET /events`, and the link to its next page.
 */
import { z } from "zod";
import { instantSchema } from "./event.ts";
import { badParam } from "./http.ts";
import { DEFAULT_PAGE_EVENTS } from "./limits.ts";
import { instantParam, limitParam, parseParams, textParam, topicParam } from "./params.ts";
import type { EventFilter, EventQuery, Order, Position } from "./sql/events.ts";

/** Which events. */
export const filterShape = {
  topic: topicParam.optional(),
  source: textParam.optional(),
  from: instantParam.optional().meta({
    description: "Event time, this instant included; a day begins at midnight UTC",
    examples: ["2026-11-22T09:30:00Z"],
  }),
  to: instantParam.optional().meta({ description: "Event time, this instant excluded" }),
  q: textParam.optional().meta({ description: "Text that the payload holds, in any case" }),
};

/** What may stand in the query string of `GET /events/histogram`. */
export const filterParams = z.object(filterShape);

const ORDERS = ["asc", "desc", "time_asc", "time_desc"] as const satisfies readonly Order[];

/** What may stand in the query string of `GET /events`. */
export const eventParams = z.object({
  ...filterShape,
  order: z.enum(ORDERS, `must be one of ${ORDERS.join(", ")}`).default("desc").meta({
    description: "By arrival (`asc`, `desc`) or by event time (`time_asc`, `time_desc`)",
  }),
  format: z.enum(["json", "ndjson", "csv"], "must be json, ndjson or csv").optional().meta({
    description: "Instead of `Accept`: `ndjson` and `csv` are all that matches, as a file",
  }),
  limit: limitParam,
  cursor: textParam.optional().meta({
    description: "The page that follows; take it from the `Link` of the page before",
  }),
});

/** What a URL asks for. */
export interface EventRequest {
  readonly query: EventQuery;
  /** Undefined where none was asked for. */
  readonly limit: number | undefined;
  readonly format: "json" | "ndjson" | "csv" | undefined;
}

/**
 * Reads the query of a URL.
 *
 * @throws {ProblemError} 400 if a parameter is unknown or not usable
 */
export function parseEventQuery(params: URLSearchParams): EventRequest {
  const { limit, cursor, format, ...query } = parseParams(params, eventParams);
  return { query: { ...query, after: parseCursor(cursor, query.order) }, limit, format };
}

/**
 * Reads the filter of a URL that has nothing else.
 *
 * @throws {ProblemError} 400 if a parameter is unknown or not usable
 */
export function parseEventFilter(params: URLSearchParams): EventFilter {
  return parseParams(params, filterParams);
}

/**
 * A position as a cursor.
 *
 * @example
 * ```ts
 * import { strictEqual } from "node:assert";
 * import { toCursor } from "./event_query.ts";
 *
 * strictEqual(toCursor({ seq: 4711 }), "4711");
 * strictEqual(toCursor({ seq: 4711, timestamp: "2026-11-22T09:30:00Z" }), "4711@2026-11-22T09:30:00Z");
 * ```
 */
export function toCursor({ seq, timestamp }: Position): string {
  return timestamp === undefined ? String(seq) : `${seq}@${timestamp}`;
}

function parseCursor(cursor: string | undefined, order: Order): Position | undefined {
  if (cursor === undefined) return undefined;
  const [, digits, timestamp] = /^([1-9]\d{0,15})(?:@(.+))?$/.exec(cursor) ?? [];
  const seq = Number(digits);
  const byTime = order.startsWith("time");
  const fits = byTime ? instantSchema.safeParse(timestamp).success : timestamp === undefined;
  if (!Number.isSafeInteger(seq) || !fits) throw badParam("cursor", "is none of this order");
  return { seq, timestamp };
}

/**
 * The `Link` to the page after this one.
 *
 * @param url of this page
 * @param cursor of the last on this page
 */
export function nextLink(url: URL, cursor: string | number): string {
  const params = new URLSearchParams(url.searchParams);
  params.set("cursor", String(cursor));
  params.set("limit", params.get("limit") ?? String(DEFAULT_PAGE_EVENTS));
  return `<${url.pathname}?${params}>; rel="next"`;
}
