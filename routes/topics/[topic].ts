import { ProblemError } from "../../lib/errors.ts";
import { methods, pathSegments } from "../../lib/http.ts";
import { readTopicSources } from "../../lib/sql/topic_sources.ts";
import type { TopicDetails } from "../../lib/topic_sources.ts";

/** The counters of one topic, who sends on it, and how their clocks go. */
export const handler = methods({
  async GET({ req, state: { aggregator } }) {
    const [, topic = ""] = pathSegments(req);
    await aggregator.snapshot();
    const numbers = aggregator.topicNumbers(topic);
    if (numbers === undefined) {
      throw new ProblemError("not-found", "Nothing has come on this topic");
    }
    const sources = await readTopicSources(aggregator.database.sql, topic);
    const details: TopicDetails = { ...numbers, ...sources };
    return Response.json(details, { headers: { "cache-control": "no-store" } });
  },
});
