/**
 * A client of `GET /stream`.
 */
import assert from "node:assert/strict";
import { type EventSourceMessage, EventSourceParserStream } from "eventsource-parser/stream";
import { within } from "./within.ts";

/** What a stored event says on a stream, as far as tests ask. */
export interface Streamed {
  readonly event_id: string;
  readonly topic: string;
  readonly source: string;
  readonly seq: number;
}

/** An open stream. */
export interface StreamClient extends AsyncDisposable {
  /** The next frame; undefined at the end. */
  next(): Promise<EventSourceMessage | undefined>;
  /** Reads on until so many events have come; only these. */
  events(count: number): Promise<Streamed[]>;
  /** Reads on to a frame with an id that is right. */
  until(right: (frame: EventSourceMessage) => boolean): Promise<EventSourceMessage[]>;
  /** The id of the last frame that had one. */
  readonly position: string | undefined;
}

/** Longest that a frame may take, on a busy machine. */
const FRAME_MS = 20_000;

/** Opens a stream; its first position, if it wants events, has not been read yet. */
export async function openStream(
  url: string,
  query: string,
  headers: Record<string, string> = {},
): Promise<StreamClient> {
  const controller = new AbortController();
  const response = await fetch(`${url}/stream?${query}`, { headers, signal: controller.signal });
  assert.equal(response.status, 200);
  const frames = response.body!.pipeThrough(new TextDecoderStream())
    .pipeThrough(new EventSourceParserStream()).getReader();
  let position: string | undefined;
  const next = async () => {
    const { value } = await within(FRAME_MS, "The next frame", frames.read());
    position = value?.id ?? position;
    return value;
  };
  const until = async (right: (frame: EventSourceMessage) => boolean) => {
    const read: EventSourceMessage[] = [];
    for (;;) {
      const frame = await next();
      assert.ok(frame !== undefined, "The stream ended");
      read.push(frame);
      if (right(frame)) return read;
    }
  };
  return {
    next,
    until,
    async events(count) {
      const events: Streamed[] = [];
      while (events.length < count) {
        const [frame] = (await until(({ event }) => event === "event")).slice(-1);
        const event: Streamed = JSON.parse(frame!.data);
        assert.equal(frame!.id, String(event.seq));
        events.push(event);
      }
      return events;
    },
    get position() {
      return position;
    },
    async [Symbol.asyncDispose]() {
      controller.abort();
      await frames.cancel().catch(() => {});
    },
  };
}
