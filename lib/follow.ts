/**
 * Sends a stream the events that it asks for: each once, in the order of their seqs, none left out
 * unless it asked for a rate, and then how many were.
 *
 * A position is a seq up to which everything is decided and was looked at. Nothing is read before the
 * stream has room: who reads slowly falls behind in the database, not on the heap.
 */
import { delay } from "./delay.ts";
import { reason } from "./errors.ts";
import type { Feed } from "./feed.ts";
import { eventFrame, positionFrame, skippedFrame } from "./frames.ts";
import {
  FEED_FIRST_EVENTS,
  FEED_PAGE_BYTES,
  FEED_PAGE_EVENTS,
  FEED_RATE_MS,
  FEED_SPAN,
  RETRY_FIRST_MS,
  RETRY_LONGEST_MS,
  TAIL_BURST_EVENTS,
} from "./limits.ts";
import { logger } from "./logger.ts";
import { isUnavailable } from "./sql/connect.ts";
import { countEvents, type FeedPage, readFirst, readLatest, type SeqRange } from "./sql/feed.ts";
import type { Stream } from "./stream.ts";
import type { FeedQuery } from "./stream_query.ts";
import { TokenBucket } from "./token_bucket.ts";

const log = logger("feed");

/** What comes next on a stream, and the position it is at then. */
interface Step {
  readonly frames: string;
  readonly position: number;
}

/** Follows the feed, which the caller has joined, until the stream is closed. */
export async function follow(stream: Stream, feed: Feed, query: FeedQuery): Promise<void> {
  const step = query.rate === undefined ? stepAll() : stepRated(query.rate);
  let position = query.after;
  let failures = 0;
  for (;;) {
    await stream.room();
    if (stream.closed) return;
    const { watermark, last } = feed;
    // Without a position, or with that of another store, it begins with what comes next.
    if (watermark !== undefined && (position === undefined || position > last!)) {
      position = watermark;
      stream.send(positionFrame(position));
    }
    if (position === undefined || watermark === undefined || watermark <= position) {
      await feed.looked();
      continue;
    }
    try {
      const { frames, position: next } = await step(feed, query, position);
      stream.send(frames);
      position = next;
      failures = 0;
    } catch (error) {
      if (stream.closed) return;
      const level = isUnavailable(error) ? "debug" : "warn";
      log[level]("Cannot read what is stored, trying again: {reason}", { reason: reason(error) });
      await delay(Math.min(RETRY_FIRST_MS * 2 ** failures++, RETRY_LONGEST_MS));
    }
  }
}

type Stepper = (feed: Feed, query: FeedQuery, after: number) => Promise<Step>;

/** Every event: as many as a page holds. */
function stepAll(): Stepper {
  let limit = FEED_FIRST_EVENTS;
  return async (feed, { filter }, after) => {
    const range = { after, upTo: Math.min(feed.watermark ?? after, after + FEED_SPAN) };
    const { events, complete } = await feed.read(
      ["first", filter, range, limit],
      (sql) => readFirst(sql, filter, range, limit),
    );
    const frames = events.map(eventFrame).join("");
    limit = nextLimit(frames.length, events.length) ?? limit;
    const reached = events.at(-1)?.seq ?? after;
    if (!complete || reached === range.upTo) return { frames, position: reached };
    return { frames: frames + positionFrame(range.upTo), position: range.upTo };
  };
}

/** About how many events fill a page, if they are as large as those before: a power of two. */
function nextLimit(size: number, events: number): number | undefined {
  if (events === 0) return undefined;
  const fit = 2 ** Math.ceil(Math.log2(FEED_PAGE_BYTES * events / size));
  return Math.max(1, Math.min(FEED_PAGE_EVENTS, fit));
}

/** The latest events, as many as the rate allows. */
function stepRated(rate: number): Stepper {
  const bucket = new TokenBucket(TAIL_BURST_EVENTS, rate, Date.now());
  return async (feed, query, after) => {
    // All streams at the same moments: those that ask for the same are read once.
    await delay(FEED_RATE_MS - Date.now() % FEED_RATE_MS);
    const upTo = feed.watermark ?? after;
    const range = { after: Math.max(after, upTo - FEED_SPAN), upTo };
    const { events, skipped } = await sample(feed, query, range, bucket.at(Date.now()));
    bucket.spend(events.length);
    const clipped = range.after > after;
    const left = skipped > 0 || clipped ? skippedFrame(skipped, clipped) : "";
    return {
      frames: left + events.map(eventFrame).join("") + positionFrame(upTo),
      position: upTo,
    };
  };
}

async function sample(
  feed: Feed,
  { filter }: FeedQuery,
  range: SeqRange,
  limit: number,
): Promise<{ readonly events: FeedPage["events"]; readonly skipped: number }> {
  const { events, complete } = await feed.read(
    ["latest", filter, range, limit],
    (sql) => readLatest(sql, filter, range, limit),
  );
  if (complete) return { events, skipped: 0 };
  const count = await feed.read(["count", filter, range], (sql) => countEvents(sql, filter, range));
  return { events, skipped: count - events.length };
}
