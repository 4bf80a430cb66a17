import { methods } from "../lib/http.ts";
import { METRICS_TYPE } from "../lib/metrics.ts";

/** The numbers for Prometheus. */
export const handler = methods({
  async GET({ state: { aggregator } }) {
    return new Response(await aggregator.metricsText(), {
      headers: { "content-type": METRICS_TYPE, "cache-control": "no-store" },
    });
  },
});
