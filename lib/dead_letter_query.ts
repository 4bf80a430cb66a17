/**
 * What the URLs of dead letters ask for.
 */
import { z } from "zod";
import { ProblemError } from "./errors.ts";
import { pageParams, parseParams, topicParam } from "./params.ts";
import type { DeadLetterQuery } from "./sql/dead_letters.ts";

/** What may stand in the query string of `GET /dead-letters`. */
export const deadLetterParams = z.object({ topic: topicParam.optional(), ...pageParams });

/**
 * Reads the query of `GET /dead-letters`.
 *
 * @returns the query; `limit` is undefined where none was asked for
 * @throws {ProblemError} 400 if a parameter is unknown or not usable
 */
export function parseDeadLetterQuery(
  params: URLSearchParams,
): { query: DeadLetterQuery; limit: number | undefined } {
  const { topic, limit, cursor } = parseParams(params, deadLetterParams);
  return { query: { topic, after: cursor }, limit };
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
    "not-found",
    "No dead letter has this id, or it has been dealt with",
  );
}
