import { nextLink, parseEventQuery, toCursor } from "../../lib/event_query.ts";
import { exportFormat, exportResponse } from "../../lib/export.ts";
import { methods, tagged } from "../../lib/http.ts";
import { DEFAULT_PAGE_EVENTS } from "../../lib/limits.ts";
import { readEvents } from "../../lib/sql/events.ts";

/** Stored events: a page as a JSON array, or all that match as NDJSON or CSV. */
export const handler = methods({
  async GET({ req, url, state: { aggregator } }) {
    const { query, limit, format } = parseEventQuery(url.searchParams);
    const { sql } = aggregator.database;
    const exported = format ?? exportFormat(req.headers.get("accept")) ?? "json";
    if (exported !== "json") {
      return exportResponse(sql, query, {
        format: exported,
        limit,
        asFile: format !== undefined,
      });
    }
    const { events, next } = await readEvents(sql, query, limit ?? DEFAULT_PAGE_EVENTS);
    const headers = new Headers({ "content-type": "application/json", vary: "accept" });
    if (next !== undefined) headers.set("link", nextLink(url, toCursor(next)));
    // An event a line, so that a reader who wants them as they are written can cut at the line ends.
    return await tagged(req, `[${events.join(",\n")}]`, headers);
  },
});
