import { methods } from "../../lib/http.ts";

/** Counters, and the state of this process. */
export const handler = methods({
  async GET({ state: { aggregator } }) {
    const { by_topic: _, ...stats } = await aggregator.snapshot();
    return Response.json(stats, { headers: { "cache-control": "no-store" } });
  },
});
