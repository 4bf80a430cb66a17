import { parseDeadLetterQuery } from "../../lib/dead_letter_query.ts";
import { nextLink } from "../../lib/event_query.ts";
import { methods } from "../../lib/http.ts";
import { DEFAULT_PAGE_EVENTS } from "../../lib/limits.ts";
import { deadLetterJson, readDeadLetters } from "../../lib/sql/dead_letters.ts";

/** Dead letters, the latest first: a page as a JSON array. */
export const handler = methods({
  async GET({ url, state: { aggregator } }) {
    const { query, limit = DEFAULT_PAGE_EVENTS } = parseDeadLetterQuery(url.searchParams);
    const { letters, next } = await readDeadLetters(aggregator.database.sql, query, limit);
    const headers = new Headers({ "content-type": "application/json" });
    if (next !== undefined) headers.set("link", nextLink(url, next));
    return new Response(`[${letters.map(deadLetterJson).join(",\n")}]`, { headers });
  },
});
