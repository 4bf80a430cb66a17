/**
 * The query string of `GET /stream`.
 */
import { z } from "zod";
import { filterShape } from "./event_query.ts";
import { badParam } from "./http.ts";
import { MAX_FEED_RATE } from "./limits.ts";
import { parseParams, textParam, wholeParam } from "./params.ts";
import type { EventFilter } from "./sql/events.ts";

const TYPES = ["stats", "event"];

const positionParam = wholeParam(Number.MAX_SAFE_INTEGER, 0);

/** What may stand in it. */
export const streamParams = z.object({
  types: textParam.refine(
    (types) => types.split(",").every((type) => TYPES.includes(type)),
    `must be one or more of ${TYPES.join(",")}`,
  ).default(TYPES.join(",")).meta({
    description: "What to send, separated by commas",
    examples: ["event"],
  }),
  topic: filterShape.topic,
  source: filterShape.source,
  q: filterShape.q,
  rate: wholeParam(MAX_FEED_RATE).optional().meta({
    description: "Events a second at most: the latest are sent, `skipped` counts the others",
  }),
  after: positionParam.optional().meta({
    description:
      "Only events after this position, the `id` of a frame; without it, those that come next. " +
      "`Last-Event-ID` goes before it",
  }),
});

/** What a stream sends of events. */
export interface FeedQuery {
  readonly filter: EventFilter;
  /** Events a second at most; undefined: all. */
  readonly rate: number | undefined;
  /** Undefined: from what comes next. */
  readonly after: number | undefined;
}

/** What a stream sends. */
export interface StreamQuery {
  readonly stats: boolean;
  /** Undefined: no events. */
  readonly events: FeedQuery | undefined;
}

/**
 * Reads what a request asks for.
 *
 * @param lastEventId the header `Last-Event-ID`: a browser that connects again repeats the old URL
 * @throws {ProblemError} 400 if a parameter or the header is not usable
 */
export function parseStreamQuery(
  params: URLSearchParams,
  lastEventId: string | null = null,
): StreamQuery {
  const { types, rate, after, ...filter } = parseParams(params, streamParams);
  const resumed = lastEventId === null ? after : readPosition(lastEventId);
  const asked = types.split(",");
  return {
    stats: asked.includes("stats"),
    events: asked.includes("event") ? { filter, rate, after: resumed } : undefined,
  };
}

function readPosition(text: string): number {
  const parsed = positionParam.safeParse(text);
  if (!parsed.success) throw badParam("Last-Event-ID", parsed.error.issues[0]!.message);
  return parsed.data;
}
