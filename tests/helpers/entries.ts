/**
 * Journal entries for tests that need no journal.
 */
import type { Event } from "../../lib/event.ts";
import type { StoredEntry } from "../../lib/journal/reader.ts";

/** When entries were accepted unless a test says otherwise. */
export const ACCEPTED_AT = Date.parse("2026-11-22T09:30:00.123Z");

/**
 * An entry as a consumer reads it.
 *
 * @param events events, or the JSON of events
 */
export function entry(
  id: number,
  events: readonly (Event | string)[],
  acceptedAt = ACCEPTED_AT,
): StoredEntry {
  const json = events.map((event) => typeof event === "string" ? event : JSON.stringify(event));
  return { id, events: events.length, acceptedAt, json: json.join(",") };
}

/** An event as JSON, with a payload that is given as JSON: for what `JSON.stringify` cannot write. */
export function eventJson(payload: string, fields: Partial<Event> = {}): string {
  const { topic, event_id, timestamp, source } = {
    topic: "app.log",
    event_id: crypto.randomUUID(),
    timestamp: "2026-11-22T09:30:00Z",
    source: "test",
    ...fields,
  };
  const head = JSON.stringify({ topic, event_id, timestamp, source });
  return `${head.slice(0, -1)},"payload":${payload}}`;
}
