/**
 * What a URL of the tail page asks for, and what the server renders of it.
 */
import { z } from "zod";
import { filterShape } from "./event_query.ts";
import { readBySeq } from "./explorer.ts";
import type { Feed } from "./feed.ts";
import { FEED_OPEN_MS, TAIL_PAGE_EVENTS } from "./limits.ts";
import { parseParams, wholeParam } from "./params.ts";
import type { Sql } from "./sql/connect.ts";
import { type EventFilter, readEvents } from "./sql/events.ts";

/** What may stand in the query string of the page. */
const tailParams = z.object({
  topic: filterShape.topic,
  source: filterShape.source,
  seq: wholeParam(Number.MAX_SAFE_INTEGER).optional(),
});

/** What the page is asked for. */
export interface TailRequest {
  readonly filter: Pick<EventFilter, "topic" | "source">;
  /** The event whose details are open. */
  readonly seq: number | undefined;
}

/**
 * Reads the query string of the page. A field of the form that was left empty asks for nothing.
 *
 * @throws {ProblemError} 400 if a parameter is unknown or not usable
 */
export function parseTail(given: URLSearchParams): TailRequest {
  const params = new URLSearchParams([...given].filter(([, value]) => value !== ""));
  const { seq, ...filter } = parseParams(params, tailParams);
  return { filter, seq };
}

/** What the page shows. */
export interface TailPage {
  /** The latest events as JSON, the latest first. */
  readonly events: readonly string[];
  /** What comes after them is after this position; null where it is not known. */
  readonly position: number | null;
  /** The event whose details are open, as JSON. */
  readonly open: string | null;
}

/** Reads what the page shows: what is decided, so that the stream can go on from there. */
export async function readTail(
  sql: Sql,
  feed: Feed,
  { filter, seq }: TailRequest,
): Promise<TailPage> {
  const position = await feed.position(FEED_OPEN_MS);
  const after = position === undefined ? undefined : { seq: position + 1 };
  const [{ events }, open] = await Promise.all([
    readEvents(sql, { ...filter, order: "desc", after }, TAIL_PAGE_EVENTS),
    seq === undefined ? null : readBySeq(sql, seq),
  ]);
  return { events, position: position ?? null, open };
}
