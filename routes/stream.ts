import { methods } from "../lib/http.ts";
import { parseStreamQuery } from "../lib/stream_query.ts";

/** Server-Sent Events: the numbers whenever they change, and events as they are stored. */
export const handler = methods({
  async GET({ req, url, state: { aggregator } }) {
    const query = parseStreamQuery(url.searchParams, req.headers.get("last-event-id"));
    // A stream that nobody reads would never end.
    const body = req.method === "HEAD" ? null : await aggregator.live.open(query);
    return new Response(body, {
      headers: { "content-type": "text/event-stream", "cache-control": "no-store" },
    });
  },
});
