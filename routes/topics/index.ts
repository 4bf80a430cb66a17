import { methods } from "../../lib/http.ts";

/** Counters by topic. */
export const handler = methods({
  async GET({ state: { aggregator } }) {
    const { by_topic } = await aggregator.snapshot();
    return Response.json(by_topic, { headers: { "cache-control": "no-store" } });
  },
});
