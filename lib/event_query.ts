/**
 * The query string of `GET /events`, and the link to its next page.
 */
import { z } from "zod";
import { DEFAULT_PAGE_EVENTS } from "./limits.ts";
import { instantParam, pageParams, parseParams, textParam, topicParam } from "./params.ts";
import type { EventQuery } from "./sql/events.ts";

/** What may stand in the query string. */
export const eventParams = z.object({
  topic: topicParam.optional(),
  source: textParam.optional(),
  from: instantParam.optional().meta({
    description: "Event time, this instant included; a day begins at midnight UTC",
    examples: ["2026-11-22T09:30:00Z"],
  }),
  to: instantParam.optional().meta({ description: "Event time, this instant excluded" }),
  q: textParam.optional().meta({ description: "Text that the payload holds, in any case" }),
  order: z.enum(["asc", "desc"], "must be asc or desc").default("desc").meta({
    description: "By arrival: oldest or latest first",
  }),
  ...pageParams,
});

/**
 * Reads the query of a URL.
 *
 * @returns the query; `limit` is undefined where none was asked for
 * @throws {ProblemError} 400 if a parameter is unknown or not usable
 */
export function parseEventQuery(
  params: URLSearchParams,
): { query: EventQuery; limit: number | undefined } {
  const { limit, cursor, ...query } = parseParams(params, eventParams);
  return { query: { ...query, after: cursor }, limit };
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
