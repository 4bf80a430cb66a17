import { methods } from "../lib/http.ts";
import { readBatch } from "../lib/ingest.ts";
import { parsePrefer } from "../lib/prefer.ts";
import { answer } from "../lib/publish_answer.ts";
import { isPartial } from "../lib/publish_params.ts";

/** Takes one event, or many. */
export const handler = methods({
  async POST(ctx) {
    const { req, state: { aggregator, grants } } = ctx;
    // Most requests have no query, and to parse one costs as much as to validate an event.
    const partial = req.url.includes("?") && isPartial(ctx.url.searchParams);
    const preferences = parsePrefer(req.headers.get("prefer"));
    const { waitSeconds } = preferences;
    const { maxBodyBytes, maxBatchEvents, bodyTimeoutMs } = aggregator.config;
    const limits = { maxBodyBytes, maxBatchEvents, bodyTimeoutMs };
    const withKeys = waitSeconds !== undefined;
    const { mayPublishTo } = grants;
    const batch = await readBatch(req, { ...limits, partial, withKeys, mayPublishTo });
    const verdicts = waitSeconds === undefined
      ? await aggregator.publish(batch)
      : await aggregator.publish(batch, { seconds: waitSeconds, signal: req.signal });
    return answer(batch, verdicts, preferences);
  },
});
