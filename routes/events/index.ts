import { nextLink, parseEventQuery } from "../../lib/event_query.ts";
import { exportResponse } from "../../lib/export.ts";
import { methods } from "../../lib/http.ts";
import { DEFAULT_PAGE_EVENTS } from "../../lib/limits.ts";
import { readEvents } from "../../lib/sql/events.ts";

/** Stored events: a page as a JSON array, or all that match as NDJSON. */
export const handler = methods({
  async GET({ req, url, state: { aggregator } }) {
    const { query, limit } = parseEventQuery(url.searchParams);
    const { sql } = aggregator.database;
    if (req.headers.get("accept")?.includes("application/x-ndjson")) {
      return exportResponse(sql, query, limit);
    }
    const { events, next } = await readEvents(sql, query, limit ?? DEFAULT_PAGE_EVENTS);
    const headers = new Headers({ "content-type": "application/json", vary: "accept" });
    if (next !== undefined) headers.set("link", nextLink(url, next));
    return new Response(`[${events.join(",\n")}]`, { headers });
  },
});
