/**
 * Any deliveries, as fast-check makes them up: keys that repeat, events that PostgreSQL refuses.
 */
import fc from "fast-check";
import { ACCEPTED_AT, entry, eventJson } from "./entries.ts";

/** An event to deliver. Few keys, so that many are repeated, by poisoned ones as well. */
export interface Delivered {
  readonly event_id: string;
  readonly topic: string;
  readonly poison: boolean;
}

/**
 * Entries with 1 to 60 events in all.
 *
 * @param poisoned how many of ten events PostgreSQL refuses
 */
export function anyDelivery(poisoned: number): fc.Arbitrary<Delivered[][]> {
  const event = fc.record({
    event_id: fc.integer({ min: 1, max: 6 }).map((n) => `event ${n}`),
    topic: fc.constantFrom("a", "b", "c"),
    poison: fc.nat(9).map((n) => n < poisoned),
  });
  const cuts = fc.array(fc.nat(59), { maxLength: 3 });
  return fc.tuple(fc.array(event, { minLength: 1, maxLength: 60 }), cuts).map(([events, cuts]) => {
    const places = [...new Set([0, ...cuts.map((cut) => cut % events.length)])];
    places.sort((a, b) => a - b);
    return places.map((place, at) => events.slice(place, places[at + 1]));
  });
}

/** `1e-20000` is JSON, but no number that PostgreSQL can hold. */
export const toJson = ({ event_id, topic, poison }: Delivered) =>
  eventJson(`{"content":"x","number":${poison ? "1e-20000" : "1e-20"}}`, { event_id, topic });

/** As the journal holds them: ids from 1, each accepted a millisecond after the one before. */
export const toEntries = (delivered: readonly Delivered[][]) =>
  delivered.map((events, at) => entry(at + 1, events.map(toJson), ACCEPTED_AT + at));
