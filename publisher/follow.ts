/**
 * Follows `GET /stream`: each event that matches once, in the order of arrival, over any number of
 * connections.
 *
 * The first connection says up to where all is decided; the latest events are read up to there, and
 * what the stream sends comes after. Each later connection goes on from the last position.
 */
import { EventSourceParserStream } from "eventsource-parser/stream";
import { headers } from "./load.ts";
import { attempt, DELAYS, refusal, RequestError, TemporaryFailure } from "./request.ts";
import type { TailOptions } from "./tail_options.ts";

/** The service says something every 15 s: a connection that is silent for longer is dead. */
const SILENCE_MS = 45_000;

/** How long the latest events may take. */
const LATEST_TIMEOUT_MS = 30_000;

const TEMPORARY = new Set([429, 500, 502, 503, 504]);

/** What is told to whoever follows; nothing more is read before it resolves. */
export interface Follower {
  event(json: string): Promise<void>;
  /** Something that is not an event, for people. */
  note(text: string): void;
}

/** Follows until it is refused, or the follower throws. @throws {RequestError} if it is refused */
export async function follow(options: TailOptions, follower: Follower): Promise<never> {
  let position = options.since;
  let failures = 0;
  let wasAway = false;
  const moved = (to: number) => {
    position = to;
    failures = 0;
  };
  const connected = () => {
    if (wasAway) follower.note("Connected again");
    wasAway = false;
  };
  for (;;) {
    try {
      await once(options, position, { ...follower, moved, connected });
    } catch (error) {
      if (!(error instanceof TemporaryFailure)) throw error;
      if (!wasAway) follower.note(`Connecting again: ${error.message}`);
      wasAway = true;
      const longestMs = Math.min(DELAYS.startingDelayMs * 2 ** failures++, DELAYS.maxDelayMs);
      await DELAYS.wait(Math.max(Math.random() * longestMs, error.retryAfterMs));
    }
  }
}

interface Listener extends Follower {
  moved(to: number): void;
  connected(): void;
}

/** One connection. @throws {TemporaryFailure} when it ends */
async function once(options: TailOptions, after: number | undefined, listener: Listener) {
  const aborter = new AbortController();
  try {
    const frames = await open(options, after, aborter);
    listener.connected();
    let isFirst = after === undefined;
    for (;;) {
      const { value: frame, done } = await heard(frames.read(), aborter);
      if (done) throw new TemporaryFailure("the service ended the stream", false);
      if (frame.event === "skipped") listener.note(skippedText(frame.data));
      if (frame.event === "event") await listener.event(frame.data);
      if (isFirst && frame.event === "position") {
        for (const json of await readLatest(options, Number(frame.id))) await listener.event(json);
      }
      isFirst = false;
      if (frame.id !== undefined) listener.moved(Number(frame.id));
    }
  } finally {
    aborter.abort();
  }
}

async function open(options: TailOptions, after: number | undefined, aborter: AbortController) {
  const url = withFilter(new URL("stream", options.url), options);
  url.searchParams.set("types", "event");
  if (options.rate !== undefined) url.searchParams.set("rate", String(options.rate));
  const resumed = after === undefined ? {} : { "last-event-id": String(after) };
  const response = await heard(
    fetch(url, {
      headers: { ...headers(options.token), ...resumed },
      signal: aborter.signal,
      redirect: "manual",
    }),
    aborter,
  );
  if (!response.ok) {
    const text = await heard(response.text(), aborter);
    const reason = refusal(response.status, response.statusText, text);
    if (TEMPORARY.has(response.status)) throw new TemporaryFailure(reason, false);
    throw new RequestError(`GET ${url.origin}${url.pathname} was refused: ${reason}`);
  }
  return response.body!.pipeThrough(new TextDecoderStream())
    .pipeThrough(new EventSourceParserStream()).getReader();
}

/** Waits for what the network says. @throws {TemporaryFailure} if it fails or stays silent */
async function heard<T>(answer: Promise<T>, aborter: AbortController): Promise<T> {
  const timer = setTimeout(() => aborter.abort(), SILENCE_MS);
  try {
    return await answer;
  } catch (error) {
    throw new TemporaryFailure(
      aborter.signal.aborted ? `silent for ${SILENCE_MS / 1000} s` : (error as Error).message,
      false,
    );
  } finally {
    clearTimeout(timer);
  }
}

/** The latest events up to a position, in order. */
async function readLatest(options: TailOptions, upTo: number): Promise<string[]> {
  if (options.last === 0) return [];
  const url = withFilter(new URL("events", options.url), options);
  url.searchParams.set("limit", String(options.last));
  url.searchParams.set("cursor", String(upTo + 1));
  const init = { headers: { accept: "application/json", ...headers(options.token) } };
  const page = (await attempt(url, init, LATEST_TIMEOUT_MS)).trim().slice(1, -1);
  // Events stand one on a line, with their digits; within one no line ends.
  return page === "" ? [] : page.split(",\n").toReversed();
}

function withFilter(url: URL, { topic, source, q }: TailOptions): URL {
  for (const [name, value] of Object.entries({ topic, source, q })) {
    if (value !== undefined) url.searchParams.set(name, value);
  }
  return url;
}

function skippedText(data: string): string {
  const { count, at_least } = JSON.parse(data) as { count: number; at_least?: boolean };
  return `${at_least ? "At least " : ""}${count} events left out to keep to the rate`;
}
