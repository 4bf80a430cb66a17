/**
 * The events that are sent: a number decides all of an event, so that the judge knows from a stored
 * key what must stand beside it.
 *
 * Two numbers share an `event_id` on two topics: same ids are not same keys.
 */
import { isDeepStrictEqual } from "node:util";

/** An event as PostgreSQL gives it back. */
export interface StoredEvent {
  readonly event_id: string;
  readonly topic: string;
  readonly timestamp: Date;
  readonly source: string;
  readonly payload: unknown;
}

/** The key of an event. */
export interface Key {
  readonly event_id: string;
  readonly topic: string;
}

const TOPICS = 5;

/** The key of an event's number. */
export function keyOf(number: number): Key {
  const id = number >>> 1;
  return {
    // Scattered, as random ids are: neighbours in a batch are none in the index.
    event_id: `${mix(id).toString(16).padStart(8, "0")}-${id}`,
    topic: `verify.${id % TOPICS}.${number & 1}`,
  };
}

/** The number of a key, or undefined if no event has it. */
export function numberOf({ event_id, topic }: Key): number | undefined {
  const id = Number(/^[0-9a-f]{8}-(\d{1,9})$/.exec(event_id)?.[1]);
  return [2 * id, 2 * id + 1].find((number) => {
    const key = keyOf(number);
    return key.event_id === event_id && key.topic === topic;
  });
}

/**
 * The event of a number, as it is sent.
 *
 * @param poison whether with a number that JSON can write and PostgreSQL refuses
 */
export function eventJson(number: number, poison: boolean): string {
  const { event_id, topic } = keyOf(number);
  const { timestamp, source, payload } = bodyOf(number);
  const json = JSON.stringify({ topic, event_id, timestamp, source, payload });
  return poison ? json.replace('"payload":{', '"payload":{"number":1e-20000,') : json;
}

/** Whether a stored event is what was sent as this number. */
export function isIntact(number: number, stored: StoredEvent): boolean {
  const { timestamp, source, payload } = bodyOf(number);
  return stored.source === source && stored.timestamp.toISOString() === timestamp &&
    isDeepStrictEqual(stored.payload, payload);
}

function bodyOf(number: number) {
  const words = mix(number ^ 0x5eca11);
  return {
    timestamp: new Date(Date.UTC(2026, 0) + number).toISOString(),
    source: `publisher-${number % 8}`,
    payload: {
      content: `Event ${number}: "ä", 😀, \\, \n` + words.toString(16).repeat(words % 30),
      metadata: { number, words, nested: [words / 7, null, { deep: String(words) }] },
    },
  };
}

/** A bijection of 32 bits that spreads every input bit (the finalizer of MurmurHash3). */
function mix(value: number): number {
  value = Math.imul(value ^ value >>> 16, 0x85ebca6b);
  value = Math.imul(value ^ value >>> 13, 0xc2b2ae35);
  return (value ^ value >>> 16) >>> 0;
}
