/**
 * Events for tests.
 */
import type { Event } from "../../lib/event.ts";

/** A valid event; what is given replaces its fields. */
export function event(fields: Partial<Event> = {}): Event {
  return {
    topic: "app.log",
    event_id: crypto.randomUUID(),
    timestamp: "2026-11-22T09:30:00Z",
    source: "test",
    payload: { content: "Hello" },
    ...fields,
  };
}

/** So many events with ids of their own. */
export function events(count: number, fields: Partial<Event> = {}): Event[] {
  return Array.from({ length: count }, () => event(fields));
}
