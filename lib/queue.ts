/**
 * Step 4 of the path: the dispatcher. The journal is the queue; this says who fetches what.
 *
 * Guarantees: every entry offered is delivered until it is acked, to one consumer at a time unless
 * that one died or went deaf; its release is asked for only after the ack. It knows entries by id
 * and size only; events never come through here.
 */
import { type ConsumerBase, ConsumerHandle } from "./consumer_handle.ts";
import {
  DELIVERY_EAGER_EVENTS,
  DELIVERY_LINGER_MS,
  MAX_DELIVERY_BYTES,
  MAX_DELIVERY_EVENTS,
  STOP_MS,
} from "./limits.ts";
import type { Entry, EntryRange, Outcome } from "./protocol.ts";

/** Entries sent to one consumer, one transaction. */
interface Delivery {
  readonly entries: EntryRange;
  readonly events: number;
  readonly acceptedAt: number;
}

/** What the queue tells the rest of the service. */
export interface QueueEvents {
  /** PostgreSQL holds these entries. */
  applied(entries: EntryRange, outcome: Outcome): void;
}

export class Queue {
  readonly consumers: readonly ConsumerHandle[];
  /** Events accepted but not yet committed. */
  pending = 0;
  /** Deliveries that were sent again. */
  redeliveries = 0;

  readonly #on: QueueEvents;
  readonly #waiting = new WaitingEntries();
  readonly #deliveries = new Map<number, Delivery>();
  /** Deliveries to send again, before anything new. */
  readonly #lost = new Set<number>();
  #nextDelivery = 1;
  #linger: ReturnType<typeof setTimeout> | undefined;
  #draining = false;
  #drained: (() => void) | undefined;

  /**
   * Starts the consumers.
   *
   * @param count how many
   * @param base what each is started with
   */
  constructor(count: number, base: Omit<ConsumerBase, "consumer">, on: QueueEvents) {
    this.#on = on;
    this.consumers = Array.from(
      { length: count },
      (_, at) =>
        new ConsumerHandle({ ...base, consumer: at + 1 }, {
          ready: () => this.#dispatch(),
          ack: (delivery, outcome) => this.#ack(delivery, outcome),
          lost: (deliveries) => this.#redeliver(deliveries),
        }),
    );
  }

  /** Takes entries that the journal holds, oldest first. */
  offer(entries: readonly Entry[]): void {
    for (const entry of entries) {
      this.pending += entry.events;
      this.#waiting.push(entry);
    }
    this.#dispatch();
  }

  /** When the oldest pending event was accepted, milliseconds since 1970. */
  get oldestAt(): number | undefined {
    let oldest = this.#waiting.first?.acceptedAt;
    for (const { acceptedAt } of this.#deliveries.values()) {
      oldest = Math.min(oldest ?? acceptedAt, acceptedAt);
    }
    return oldest;
  }

  /**
   * Delivers what is left without lingering.
   *
   * @param withinMs how long that may take
   * @returns whether nothing is pending any more
   */
  async drain(withinMs: number): Promise<boolean> {
    this.#draining = true;
    const drained = Promise.withResolvers<void>();
    this.#drained = drained.resolve;
    const timer = setTimeout(drained.resolve, withinMs);
    this.#dispatch();
    this.#noticeDrained();
    await drained.promise;
    clearTimeout(timer);
    return this.pending === 0;
  }

  /** Stops the consumers. What was not acked stays in the journal. */
  async stop(): Promise<void> {
    clearTimeout(this.#linger);
    await Promise.all(this.consumers.map((consumer) => consumer.stop(STOP_MS)));
  }

  #dispatch() {
    for (;;) {
      const consumer = this.#leastBusy();
      if (consumer === undefined) return;
      const [lost] = this.#lost;
      if (lost !== undefined) {
        this.#lost.delete(lost);
        consumer.deliver(lost, this.#deliveries.get(lost)!.entries);
        continue;
      }
      const wait = this.#lingerMs(Date.now());
      if (wait === undefined) return;
      if (wait > 0) {
        this.#linger ??= setTimeout(() => {
          this.#linger = undefined;
          this.#dispatch();
        }, wait);
        return;
      }
      const delivery = this.#waiting.take();
      this.#deliveries.set(this.#nextDelivery, delivery);
      consumer.deliver(this.#nextDelivery++, delivery.entries);
    }
  }

  /** The consumer with the fewest deliveries in hand; of equals the one that committed longest ago. */
  #leastBusy(): ConsumerHandle | undefined {
    return this.consumers.filter(({ credits }) => credits > 0).toSorted((a, b) =>
      b.credits - a.credits || (a.lastCommitAt ?? 0) - (b.lastCommitAt ?? 0)
    )[0];
  }

  /** How long what waits should go on waiting; undefined if nothing waits. */
  #lingerMs(now: number): number | undefined {
    const first = this.#waiting.first;
    if (first === undefined) return undefined;
    if (this.#draining || this.#waiting.events >= DELIVERY_EAGER_EVENTS) return 0;
    // The clock may have been set back: never longer than the linger itself.
    return Math.min(Math.max(first.acceptedAt + DELIVERY_LINGER_MS - now, 0), DELIVERY_LINGER_MS);
  }

  #ack(id: number, outcome: Outcome) {
    const delivery = this.#deliveries.get(id);
    if (delivery !== undefined) {
      this.#deliveries.delete(id);
      this.#lost.delete(id);
      this.pending -= delivery.events;
      this.#on.applied(delivery.entries, outcome);
    }
    this.#noticeDrained();
    this.#dispatch();
  }

  #redeliver(ids: readonly number[]) {
    for (const id of ids) if (this.#deliveries.has(id)) this.#lost.add(id);
    this.redeliveries += ids.length;
    this.#dispatch();
  }

  #noticeDrained() {
    if (this.pending === 0) this.#drained?.();
  }
}

/** Entries that no consumer has been given yet, oldest first. */
class WaitingEntries {
  #entries: Entry[] = [];
  #head = 0;
  /** Events in all of them. */
  events = 0;

  get first(): Entry | undefined {
    return this.#entries[this.#head];
  }

  push(entry: Entry) {
    this.#entries.push(entry);
    this.events += entry.events;
  }

  /** Takes the next delivery: at least one entry, then as many as fit. */
  take(): Delivery {
    const first = this.first!;
    let last = first, events = 0, bytes = 0;
    for (let next: Entry | undefined = first; next !== undefined; next = this.first) {
      events += next.events;
      bytes += next.bytes;
      if (next !== first && (events > MAX_DELIVERY_EVENTS || bytes > MAX_DELIVERY_BYTES)) {
        events -= next.events;
        break;
      }
      last = next;
      this.#head++;
    }
    this.events -= events;
    this.#compact();
    return { entries: { first: first.id, last: last.id }, events, acceptedAt: first.acceptedAt };
  }

  /** Forgets what was taken once it is the larger part, so that each entry is moved only once. */
  #compact() {
    if (this.#head <= this.#entries.length / 2) return;
    this.#entries = this.#entries.slice(this.#head);
    this.#head = 0;
  }
}
