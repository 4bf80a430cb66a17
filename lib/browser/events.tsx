/**
 * Stored events as pages show them: a row, and all that there is to one.
 */
import { count, span } from "./format.ts";
import { Json } from "./json.tsx";

/** An event as the store gives it. */
export interface StoredEvent {
  readonly event_id: string;
  readonly topic: string;
  readonly timestamp: string;
  readonly source: string;
  readonly payload: { readonly content?: unknown };
  readonly received_at: string;
  readonly seq: number;
}

/** One of a list of events as `GET /events` writes them: an event a line, between brackets. */
export function splitLines(array: string): string[] {
  const lines = array.slice(1, -1);
  return lines === "" ? [] : lines.split(",\n");
}

/** Where a topic has its page. */
export function topicPath(topic: string): string {
  return `/dashboard/topics/${encodeURIComponent(topic)}`;
}

/** Where an event can be had by programs. */
export function eventPath({ topic, event_id }: StoredEvent): string {
  return `/events/${encodeURIComponent(topic)}/${encodeURIComponent(event_id)}`;
}

/** What a row shows of an event. */
export function EventCells({ event }: { event: StoredEvent }) {
  return (
    <>
      <time dateTime={event.timestamp} title={event.timestamp}>{clock(event.timestamp)}</time>
      <span class="topic">{event.topic}</span>
      <span class="source wide">{event.source}</span>
      <span class="content">{contentOf(event)}</span>
    </>
  );
}

/**
 * Date and time of day in UTC, without what all events have in common.
 *
 * @example
 * ```ts
 * import { strictEqual } from "node:assert";
 * import { clock } from "./events.tsx";
 *
 * strictEqual(clock("2026-11-22T09:30:00.123456+00:00"), "11-22 09:30:00.123");
 * ```
 */
export function clock(instant: string): string {
  return `${instant.slice(5, 10)} ${instant.slice(11, 19)}.${
    (/\.(\d+)/.exec(instant)?.[1] ?? "").padEnd(3, "0").slice(0, 3)
  }`;
}

/** Characters of the content that a row shows. */
const CONTENT_SHOWN = 300;

/** An event with no more of its payload than a row shows. */
export function rowOf(event: StoredEvent): StoredEvent {
  return { ...event, payload: { content: contentOf(event) } };
}

function contentOf({ payload }: StoredEvent): string {
  return String(payload.content ?? "").slice(0, CONTENT_SHOWN);
}

/** All that there is to an event. */
export function EventDetails({ event, text }: { event: StoredEvent; text: string }) {
  const skewMs = Date.parse(event.received_at) - Date.parse(event.timestamp);
  return (
    <>
      <dl class="facts">
        <dt>Topic</dt>
        <dd>
          <a href={topicPath(event.topic)}>{event.topic}</a>
        </dd>
        <dt>Event id</dt>
        <dd>{event.event_id}</dd>
        <dt>Source</dt>
        <dd>{event.source}</dd>
        <dt>Timestamp</dt>
        <dd>{event.timestamp}</dd>
        <dt>Received</dt>
        <dd>
          {event.received_at}{" "}
          <small>{skewMs < 0 ? `${span(-skewMs)} before its time` : `${span(skewMs)} later`}</small>
        </dd>
        <dt>Seq</dt>
        <dd>{count(event.seq)}</dd>
      </dl>
      <Json text={text} />
    </>
  );
}
