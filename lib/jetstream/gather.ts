/**
 * Gathers messages to deliveries: one journal's, as many as make a good transaction.
 */
import { DELIVERY_EAGER_EVENTS, MAX_DELIVERY_BYTES, MAX_DELIVERY_EVENTS } from "../limits.ts";
import { DELIVERY_LINGER_MS } from "./limits.ts";
import type { Received } from "./message.ts";

/** Messages of one journal that wait to be delivered. */
interface Waiting<M extends Received> {
  readonly messages: M[];
  readonly since: number;
  events: number;
  urgent: boolean;
}

export class Gatherer<M extends Received> {
  /** Oldest first. */
  readonly #journals = new Map<string, Waiting<M>>();
  #events = 0;
  #bytes = 0;

  /** Whether no more should be taken until some are delivered. */
  get isFull(): boolean {
    return this.#events >= MAX_DELIVERY_EVENTS || this.#bytes >= MAX_DELIVERY_BYTES;
  }

  /** Takes a message. */
  add(message: M, now: number): void {
    let waiting = this.#journals.get(message.journal);
    if (waiting === undefined) {
      waiting = { messages: [], since: now, events: 0, urgent: false };
      this.#journals.set(message.journal, waiting);
    }
    waiting.messages.push(message);
    waiting.events += message.events;
    waiting.urgent ||= message.waited;
    this.#count(message, 1);
  }

  /**
   * How long until a delivery is due, 0 if one is now; undefined if nothing waits. It is due at once where
   * many events wait or somebody waits for one.
   */
  dueInMs(now: number): number | undefined {
    let least: number | undefined;
    for (const waiting of this.#journals.values()) {
      const wait = this.#isDue(waiting, now) ? 0 : waiting.since + DELIVERY_LINGER_MS - now;
      least = Math.min(least ?? wait, wait);
    }
    return least;
  }

  /** Takes out what makes one delivery, if one is due; never the same message twice in one. */
  take(now: number): M[] | undefined {
    for (const [journal, waiting] of this.#journals) {
      if (!this.#isDue(waiting, now)) continue;
      this.#journals.delete(journal);
      const count = countOf(waiting.messages);
      for (const message of waiting.messages) this.#count(message, -1);
      for (const message of waiting.messages.slice(count)) this.add(message, waiting.since);
      return waiting.messages.slice(0, count);
    }
    return undefined;
  }

  #isDue({ events, urgent, since }: Waiting<M>, now: number): boolean {
    return urgent || events >= DELIVERY_EAGER_EVENTS || this.isFull ||
      now - since >= DELIVERY_LINGER_MS;
  }

  #count({ events, json }: M, sign: 1 | -1) {
    this.#events += sign * events;
    this.#bytes += sign * json.length;
  }
}

/** How many of the first messages go together. */
function countOf(messages: readonly Received[]): number {
  const seen = new Set<string>();
  let events = 0, bytes = 0;
  for (const [at, message] of messages.entries()) {
    events += message.events;
    bytes += message.json.length;
    const tooMuch = events > MAX_DELIVERY_EVENTS || bytes > MAX_DELIVERY_BYTES;
    const id = `${message.entry}/${message.part}`;
    if (at > 0 && (tooMuch || seen.has(id))) return at;
    seen.add(id);
  }
  return messages.length;
}
