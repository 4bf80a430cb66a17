/**
 * What the URLs of dead letters ask for.
 */
import { ProblemError } from "./errors.ts";
import { readPage, refuseNul } from "./event_query.ts";
import { readParams } from "./http.ts";
import type { DeadLetterQuery } from "./sql/dead_letters.ts";

/**
 * Reads the query of `GET /dead-letters`.
 *
 * @returns the query; `limit` is undefined where none was asked for
 * @throws {ProblemError} 400 if a parameter is unknown or not usable
 */
export function parseDeadLetterQuery(
  params: URLSearchParams,
): { query: DeadLetterQuery; limit: number | undefined } {
  const { topic, limit, cursor } = readParams(params, ["topic", "limit", "cursor"]);
  refuseNul("topic", topic);
  const { after, ...page } = readPage(limit, cursor);
  return { query: { topic, after }, ...page };
}

/**
 * Reads the id in a path.
 *
 * @throws {ProblemError} 404 if no dead letter can have it
 */
export function parseDeadLetterId(text: string | undefined): number {
  const id = /^[1-9]\d*$/.test(text ?? "") ? Number(text) : NaN;
  if (!Number.isSafeInteger(id)) throw noDeadLetter();
  return id;
}

/** The answer where there is no such dead letter (any more). */
export function noDeadLetter(): ProblemError {
  return new ProblemError(
    404,
    "Not found",
    "No dead letter has this id, or it has been dealt with",
  );
}
