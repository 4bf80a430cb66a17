import { noDeadLetter, parseDeadLetterId } from "../../../lib/dead_letter_query.ts";
import { ProblemError } from "../../../lib/errors.ts";
import { methods } from "../../../lib/http.ts";
import { replayDeadLetter } from "../../../lib/sql/replay.ts";

/** Applies the event of a dead letter once more. */
export const handler = methods({
  async POST({ params, state: { aggregator } }) {
    const id = parseDeadLetterId(params["id"]);
    const replay = await replayDeadLetter(aggregator.database.sql, id);
    if (replay === undefined) throw noDeadLetter();
    if (replay.status === "refused") throw new ProblemError("refused-again", replay.reason);
    return Response.json(replay);
  },
});
