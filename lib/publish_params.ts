/**
 * The query string of `POST /publish`.
 */
import { z } from "zod";
import { parseParams } from "./params.ts";

/** What may stand in the query string. */
export const publishParams = z.object({
  partial: z.enum(["true", "false"], "must be true or false").default("false")
    .transform((text) => text === "true").meta({
      description: "Store the events that are good and report the others, instead of all or none",
    }),
});

/**
 * Whether good events are to be stored where others are not good.
 *
 * @throws {ProblemError} 400 if a parameter is unknown or not usable
 */
export function isPartial(params: URLSearchParams): boolean {
  return parseParams(params, publishParams).partial;
}
