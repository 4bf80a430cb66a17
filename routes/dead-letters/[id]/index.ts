import { noDeadLetter, parseDeadLetterId } from "../../../lib/dead_letter_query.ts";
import { methods } from "../../../lib/http.ts";
import { deadLetterJson, deleteDeadLetter, readDeadLetter } from "../../../lib/sql/dead_letters.ts";

/** One dead letter. */
export const handler = methods({
  async GET({ params, state: { aggregator } }) {
    const id = parseDeadLetterId(params["id"]);
    const letter = await readDeadLetter(aggregator.database.sql, id);
    if (letter === undefined) throw noDeadLetter();
    return new Response(deadLetterJson(letter), {
      headers: { "content-type": "application/json" },
    });
  },
  async DELETE({ params, state: { aggregator } }) {
    const id = parseDeadLetterId(params["id"]);
    if (!await deleteDeadLetter(aggregator.database.sql, id)) throw noDeadLetter();
    return new Response(null, { status: 204 });
  },
});
