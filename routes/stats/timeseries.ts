import { methods } from "../../lib/http.ts";
import { readTimeseries } from "../../lib/timeseries_query.ts";

/** Numbers over time: in total, of one topic, or by topic. */
export const handler = methods({
  GET({ url, state: { aggregator } }) {
    const timeseries = readTimeseries(aggregator.history, url.searchParams, Date.now());
    return Response.json(timeseries, { headers: { "cache-control": "no-store" } });
  },
});
