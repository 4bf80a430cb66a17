import { ProblemError } from "../../../lib/errors.ts";
import { methods, pathSegments, tagged } from "../../../lib/http.ts";
import { readEvent } from "../../../lib/sql/events.ts";

/** One stored event, by its key. */
export const handler = methods({
  async GET({ req, state: { aggregator } }) {
    const [, topic = "", eventId = ""] = pathSegments(req);
    const event = await readEvent(aggregator.database.sql, topic, eventId);
    if (event === undefined) throw new ProblemError("not-found", "No event has this key");
    return await tagged(req, event, new Headers({ "content-type": "application/json" }));
  },
});
