/**
 * The query string of `GET /events`, and the link to its next page.
 */
import { z } from "zod";
import { instantSchema } from "./event.ts";
import { badParam, readParams } from "./http.ts";
import { DEFAULT_PAGE_EVENTS, MAX_PAGE_EVENTS } from "./limits.ts";
import type { EventQuery } from "./sql/events.ts";

const NAMES = ["topic", "source", "from", "to", "q", "order", "limit", "cursor"] as const;

/** An instant, or a day, which begins at midnight UTC. */
const instant = z.union([instantSchema, z.iso.date().regex(/^(?!0000)/)]);

/**
 * Reads the query of a URL.
 *
 * @returns the query; `limit` is undefined where none was asked for
 * @throws {ProblemError} 400 if a parameter is unknown or not usable
 */
export function parseEventQuery(
  params: URLSearchParams,
): { query: EventQuery; limit: number | undefined } {
  const { limit, cursor, order = "desc", ...filters } = readParams(params, NAMES);
  if (order !== "asc" && order !== "desc") throw badParam("order", "must be asc or desc");
  for (const name of ["from", "to"] as const) {
    if (filters[name] !== undefined && !instant.safeParse(filters[name]).success) {
      throw badParam(name, "must be ISO 8601 with a zone, such as 2026-11-22T09:30:00Z");
    }
  }
  for (const name of ["topic", "source", "q"] as const) refuseNul(name, filters[name]);
  const { after, ...page } = readPage(limit, cursor);
  return { query: { ...filters, order, after }, ...page };
}

/**
 * Reads the parameters that say which page of a listing is asked for.
 *
 * @returns how long it may be, and the key that it follows; undefined where nothing was asked for
 * @throws {ProblemError} 400 if one is not usable
 */
export function readPage(
  limit: string | undefined,
  cursor: string | undefined,
): { limit: number | undefined; after: number | undefined } {
  return {
    limit: whole("limit", limit, MAX_PAGE_EVENTS),
    after: whole("cursor", cursor, Number.MAX_SAFE_INTEGER),
  };
}

/** Throws a 400 if a parameter holds what PostgreSQL cannot take. */
export function refuseNul(name: string, text: string | undefined) {
  if (text?.includes("\0")) throw badParam(name, "holds U+0000");
}

/**
 * The `Link` to the page after this one.
 *
 * @param url of this page
 * @param next the key of the last on this page
 */
export function nextLink(url: URL, next: number): string {
  const params = new URLSearchParams(url.searchParams);
  params.set("cursor", String(next));
  params.set("limit", params.get("limit") ?? String(DEFAULT_PAGE_EVENTS));
  return `<${url.pathname}?${params}>; rel="next"`;
}

function whole(name: string, text: string | undefined, most: number): number | undefined {
  if (text === undefined) return undefined;
  const value = /^\d+$/.test(text) ? Number(text) : NaN;
  if (value >= 1 && value <= most) return value;
  throw badParam(name, `must be a whole number from 1 to ${most}`);
}
