/**
 * Query parameters, read by a schema: the same one that `/openapi.json` shows.
 */
import { z } from "zod";
import { instantSchema } from "./event.ts";
import { badParam, readParams } from "./http.ts";
import { MAX_PAGE_EVENTS, MAX_PARAM_CHARACTERS } from "./limits.ts";

/** Text that PostgreSQL can take. */
export const textParam = z.string().max(MAX_PARAM_CHARACTERS)
  .refine((text) => !text.includes("\0"), "holds U+0000");

/** A topic, or a pattern of topics. */
export const topicParam = textParam.meta({
  description:
    "A topic, or a pattern: `*` stands for one level, `>` at the end for all that follow",
  examples: ["app.log.*"],
});

/** An instant, or a day, which begins at midnight UTC. */
export const instantParam = z.union([
  instantSchema,
  z.iso.date({ abort: true }).refine((day) => !day.startsWith("0000")),
], {
  error: "must be ISO 8601 with a zone, such as 2026-11-22T09:30:00Z",
});

/**
 * A whole number.
 *
 * @param most up to this
 * @param least from this
 */
export function wholeParam(most: number, least = 1) {
  return z.string().transform((text) => /^\d+$/.test(text) ? Number(text) : NaN)
    .refine(
      (value) => value >= least && value <= most,
      `must be a whole number from ${least} to ${most}`,
    )
    .meta({ override: { type: "integer", minimum: least, maximum: most } });
}

/** How many a listing may hold. */
export const limitParam = wholeParam(MAX_PAGE_EVENTS).optional().meta({
  description: "How many at most",
});

/** Which page of a listing. */
export const pageParams = {
  limit: limitParam,
  cursor: wholeParam(Number.MAX_SAFE_INTEGER).optional().meta({
    description: "The page that follows; take it from the `Link` of the page before",
  }),
};

/**
 * Reads query parameters by a schema.
 *
 * @param params of the URL
 * @param schema of all those that the route knows, each read from a string
 * @throws {ProblemError} 400 if one is unknown, comes twice, is too long or not usable
 */
export function parseParams<Shape extends z.ZodRawShape>(
  params: URLSearchParams,
  schema: z.ZodObject<Shape>,
): z.output<z.ZodObject<Shape>> {
  const parsed = schema.safeParse(readParams(params, Object.keys(schema.shape)));
  if (parsed.success) return parsed.data;
  const { path, message } = parsed.error.issues[0]!;
  throw badParam(String(path[0]), message);
}
