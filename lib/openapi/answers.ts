/**
 * How answers are described.
 */
import type { z } from "zod";
import type { ZodOpenApiResponseObject, ZodOpenApiResponsesObject } from "zod-openapi";
import { problem } from "./schemas.ts";

/** An answer in JSON. */
export function json(
  description: string,
  schema: z.ZodType,
  example: unknown,
): ZodOpenApiResponseObject {
  return { description, content: { "application/json": { schema, example } } };
}

/** What a status means wherever it is answered. */
const MEANINGS = {
  400: "Malformed: the URL, a query parameter or the body",
  401: "The service has tokens, and no known one was sent",
  403: "The token lacks a scope, or a topic; or a page of another site is behind the request",
  404: "There is no such thing",
  408: "The body came too slowly",
  413: "Too much at once",
  415: "A media type or an encoding that is not taken",
  422: "Well-formed, but not valid: `errors` says what",
  429: "Too often: `Retry-After` says when to try again",
  503: "Not now: `Retry-After` says when to try again, where it is known",
  507: "The disk of the journal is full",
} as const;

/** The problems that an operation may answer with. */
export function problems(
  ...statuses: readonly (keyof typeof MEANINGS)[]
): ZodOpenApiResponsesObject {
  return Object.fromEntries(statuses.map((status) => [
    status,
    {
      description: MEANINGS[status],
      content: { "application/problem+json": { schema: problem } },
    },
  ]));
}
