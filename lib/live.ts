/**
 * Step 8 of the path: the live hub. Numbers and events for all open streams.
 *
 * One snapshot serves all: a stream gets the latest numbers at once, then at most four times a second
 * while they change, less often where many are open; one that reads too slowly gets fewer of them, never
 * a backlog. Events are read for
 * each stream as it takes them (follow.ts). While nobody looks on, nothing is asked of the database.
 */
import { delay } from "./delay.ts";
import { ProblemError } from "./errors.ts";
import type { Feed } from "./feed.ts";
import { follow } from "./follow.ts";
import { HEARTBEAT, statsFrame } from "./frames.ts";
import {
  FEED_OPEN_MS,
  MAX_STREAMS,
  STATS_FRAME_LONGEST_MS,
  STATS_FRAME_MS,
  STATS_FRAME_STREAM_MS,
  STREAM_HEARTBEAT_MS,
} from "./limits.ts";
import type { DashboardSnapshot } from "./snapshot.ts";
import { Stream } from "./stream.ts";
import type { FeedQuery, StreamQuery } from "./stream_query.ts";

const encoder = new TextEncoder();

export class LiveHub {
  readonly #take: () => Promise<DashboardSnapshot>;
  readonly #feed: Feed;
  readonly #streams = new Set<Stream>();
  /** Those that want numbers. */
  readonly #viewers = new Set<Stream>();
  #beating: ReturnType<typeof setInterval> | undefined;
  #counting = false;
  #closed = false;
  #latest: { readonly frame: string; readonly bytes: Uint8Array } | undefined;

  /** @param take makes a snapshot; called only while somebody looks on */
  constructor(take: () => Promise<DashboardSnapshot>, feed: Feed) {
    this.#take = take;
    this.#feed = feed;
  }

  /** How many streams are open. */
  get streams(): number {
    return this.#streams.size;
  }

  /**
   * Opens a stream of frames. Where it begins with the events that come next, these are those stored
   * after this has resolved.
   *
   * @throws {ProblemError} 503 if too many are open, or the service is stopping
   */
  async open({ stats, events }: StreamQuery): Promise<ReadableStream<Uint8Array>> {
    if (this.#closed) throw new ProblemError("stopping", "The service opens no more streams");
    if (this.#streams.size >= MAX_STREAMS) {
      throw new ProblemError("too-many-streams", `${MAX_STREAMS} are open`);
    }
    const stream = new Stream((ended) => this.#forget(ended));
    this.#streams.add(stream);
    this.#beating ??= setInterval(() => this.#beat(), STREAM_HEARTBEAT_MS);
    if (stats) this.#addViewer(stream);
    if (events !== undefined) await this.#addFollower(stream, events);
    return stream.body;
  }

  /** Ends all streams and opens no more. */
  close(): void {
    this.#closed = true;
    for (const stream of this.#streams) stream.close();
  }

  #forget(stream: Stream) {
    this.#viewers.delete(stream);
    this.#streams.delete(stream);
    if (this.#streams.size > 0) return;
    clearInterval(this.#beating);
    this.#beating = undefined;
  }

  #beat() {
    for (const stream of this.#streams) stream.beat(HEARTBEAT);
  }

  async #addFollower(stream: Stream, query: FeedQuery) {
    const joined = this.#feed.join();
    await this.#feed.refresh(FEED_OPEN_MS);
    follow(stream, this.#feed, query).finally(() => joined[Symbol.dispose]());
  }

  #addViewer(stream: Stream) {
    this.#viewers.add(stream);
    if (this.#latest !== undefined) stream.sendNumbers(this.#latest.bytes);
    if (!this.#counting) this.#count();
  }

  async #count() {
    this.#counting = true;
    while (this.#viewers.size > 0) {
      const frame = statsFrame(JSON.stringify(await this.#take()));
      if (frame !== this.#latest?.frame) {
        this.#latest = { frame, bytes: encoder.encode(frame) };
        for (const stream of this.#viewers) stream.sendNumbers(this.#latest.bytes);
      }
      await delay(statsFrameMs(this.#viewers.size));
    }
    this.#counting = false;
    this.#latest = undefined;
  }
}

/**
 * How long after a frame the next one comes.
 *
 * @param streams how many it goes to
 *
 * @example
 * ```ts
 * import { deepStrictEqual } from "node:assert";
 * import { statsFrameMs } from "./live.ts";
 *
 * deepStrictEqual([1, 50, 1_000].map(statsFrameMs), [250, 500, 1_000]);
 * ```
 */
export function statsFrameMs(streams: number): number {
  const spaced = Math.min(streams * STATS_FRAME_STREAM_MS, STATS_FRAME_LONGEST_MS);
  return Math.max(STATS_FRAME_MS, spaced);
}
