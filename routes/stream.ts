import { methods } from "../lib/http.ts";

/** Server-Sent Events: `stats`, whenever the numbers change. */
export const handler = methods({
  GET({ state: { aggregator } }) {
    return new Response(aggregator.live.open(), {
      headers: { "content-type": "text/event-stream", "cache-control": "no-store" },
    });
  },
});
