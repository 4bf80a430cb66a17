import { methods } from "../lib/http.ts";
import { readBatch } from "../lib/ingest.ts";
import { accepted } from "../lib/publish_answer.ts";
import { isPartial } from "../lib/publish_params.ts";

/** Takes one event, or many. */
export const handler = methods({
  async POST({ req, url, state: { aggregator } }) {
    const partial = isPartial(url.searchParams);
    const { maxBodyBytes, maxBatchEvents } = aggregator.config;
    const batch = await readBatch(req, { maxBodyBytes, maxBatchEvents, partial });
    await aggregator.publish(batch);
    return accepted(batch);
  },
});
