import { parseEventFilter } from "../../lib/event_query.ts";
import { methods } from "../../lib/http.ts";
import { readHistogram } from "../../lib/sql/histogram.ts";

/** How many events match, over event time. */
export const handler = methods({
  async GET({ url, state: { aggregator } }) {
    const filter = parseEventFilter(url.searchParams);
    return Response.json(await readHistogram(aggregator.database.sql, filter));
  },
});
