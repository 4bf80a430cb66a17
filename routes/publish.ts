import { methods } from "../lib/http.ts";
import { readBatch } from "../lib/ingest.ts";

/** Takes one event, or an array of events. */
export const handler = methods({
  async POST({ req, state: { aggregator } }) {
    const batch = await readBatch(req, aggregator.config);
    await aggregator.publish(batch);
    const what = batch.eventId === undefined
      ? { accepted: batch.events }
      : { event_id: batch.eventId };
    return Response.json({ status: "accepted", ...what }, { status: 202 });
  },
});
