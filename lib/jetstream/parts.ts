/**
 * An entry as messages: one for each topic in it, more where those would be large.
 *
 * How an entry is divided is part of what identifies its events: PostgreSQL knows a part by journal,
 * entry and number. The same entry must be divided in the same way by every version that may find it in
 * a journal, whatever the server's limits are.
 */
import type { Event } from "../event.ts";
import { splitValues } from "../json_text.ts";
import { MAX_PART_CHARACTERS } from "./limits.ts";

/** A part of an entry: events of one topic, in their order. */
export interface Part {
  /** Its number, from 1. */
  readonly part: number;
  readonly topic: string;
  /** Where its events stand in the entry, from 0. */
  readonly positions: readonly number[];
  /** The events as they were written, separated by commas. */
  readonly json: string;
}

/**
 * Divides an entry.
 *
 * @param json its events, separated by commas
 * @returns parts in the order in which their first events come
 *
 * @example
 * ```ts
 * import { deepStrictEqual } from "node:assert";
 * import { divide } from "./parts.ts";
 *
 * deepStrictEqual(divide('{"topic":"a","n":1}, {"topic":"b"},{"topic":"a","n":2.0}'), [
 *   { part: 1, topic: "a", positions: [0, 2], json: '{"topic":"a","n":1},{"topic":"a","n":2.0}' },
 *   { part: 2, topic: "b", positions: [1], json: '{"topic":"b"}' },
 * ]);
 * ```
 */
export function divide(json: string): Part[] {
  const events = JSON.parse(`[${json}]`) as Pick<Event, "topic">[];
  const filling = new Map<string, Filling>();
  const all: Filling[] = [];
  for (const [position, text] of splitValues(json).entries()) {
    const { topic } = events[position]!;
    let into = filling.get(topic);
    if (into === undefined || into.characters + text.length > MAX_PART_CHARACTERS) {
      into = { topic, positions: [], texts: [], characters: 0 };
      filling.set(topic, into);
      all.push(into);
    }
    into.positions.push(position);
    into.texts.push(text);
    into.characters += text.length;
  }
  return all.map(({ topic, positions, texts }, at) => ({
    part: at + 1,
    topic,
    positions,
    json: texts.join(","),
  }));
}

/** A part to be. */
interface Filling {
  readonly topic: string;
  readonly positions: number[];
  readonly texts: string[];
  characters: number;
}
