/**
 * Step 4 of the path: the queue in this process, a dispatcher. The journal holds the entries; this says
 * who fetches what.
 *
 * Guarantees: every entry offered is delivered until it is acked, to one consumer at a time unless
 * that one died or went deaf; its release is asked for only after the ack. It knows entries by id
 * and size only; events never come through here.
 */
import { type ConsumerBase, ConsumerHandle } from "./consumer_handle.ts";
import { pushEntries } from "./entries.ts";
import { DELIVERY_EAGER_EVENTS, DELIVERY_PACE_MS, STOP_MS } from "./limits.ts";
import type { Ack, Entries, EntryRange, EntryVerdicts, Outcome } from "./protocol.ts";
import type { QueueStats } from "./snapshot.ts";

/** What a queue tells the rest of the service. */
export interface QueueEvents {
  /** A transaction came to this, so long after its consumer took it up. */
  committed(outcome: Outcome, durationMs: number): void;
  /**
   * PostgreSQL holds all of these entries.
   *
   * @param waited those of them for whose verdicts a request waits
   * @param verdicts of those of which they are known
   */
  applied(
    entries: readonly EntryRange[],
    waited: readonly number[],
    verdicts: readonly EntryVerdicts[],
  ): void;
}

/** What brings entries from the journal to consumers. */
export interface Queue {
  /** Those in this process. */
  readonly consumers: readonly ConsumerHandle[];
  /** Events accepted here but not yet committed. */
  readonly pending: number;
  /** Size of their JSON. */
  readonly pendingBytes: number;
  /** What others have put into the same queue and is pending: at least so many events, as of the last look. */
  readonly pendingElsewhere: number;
  /** Age of the oldest pending event, milliseconds; 0 if none is. */
  readonly lagMs: number;
  /** Deliveries that were sent again. */
  readonly redeliveries: number;
  /** Why entries go no further than the journal, if so. */
  readonly trouble: string | null;
  /** What it is, as of the last look. */
  readonly stats: QueueStats;
  /** Takes entries that the journal holds, oldest first. */
  offer(entries: readonly Entries[]): void;
  /** Resolves when an entry is where others can consume it, or is to wait in the journal. */
  stored(entry: number): Promise<void>;
  /**
   * @param json events separated by commas
   * @throws {ProblemError} 413 if one of them is larger than the queue can carry
   */
  requireFit(json: Uint8Array): void;
  /** Looks what others have put into it. */
  look(): Promise<void>;
  /**
   * Delivers what is left without a pause.
   *
   * @param withinMs how long that may take
   * @returns whether nothing is pending any more
   */
  drain(withinMs: number): Promise<boolean>;
  /** Stops its consumers. What is not committed stays in the journal. */
  stop(): Promise<void>;
}

/** A consumer's setup without what is its own. */
interface Base extends Omit<ConsumerBase, "consumer" | "shard"> {
  /** Which counters the first consumer adds to; the others follow. */
  readonly firstShard: number;
}

export class LocalQueue implements Queue {
  readonly consumers: readonly ConsumerHandle[];
  pending = 0;
  pendingBytes = 0;
  readonly pendingElsewhere = 0;
  readonly trouble = null;
  readonly stats = { kind: "local" } as const;

  readonly #on: QueueEvents;
  /** What no consumer has been given yet, oldest first, each a delivery to be. */
  readonly #waiting: Entries[] = [];
  #waitingEvents = 0;
  /** What consumers have been given: entries sent to one consumer, one transaction. */
  readonly #deliveries = new Map<number, Entries>();
  /** Deliveries to send again, before anything new. */
  readonly #lost = new Set<number>();
  #nextDelivery = 1;
  /** When the last new delivery left, by the clock of `performance`. */
  #deliveredAt = -Infinity;
  #pause: ReturnType<typeof setTimeout> | undefined;
  #draining = false;
  #drained: (() => void) | undefined;

  /**
   * Starts the consumers.
   *
   * @param count how many
   * @param base what each is started with
   */
  constructor(count: number, { firstShard, ...base }: Base, on: QueueEvents) {
    this.#on = on;
    this.consumers = Array.from(
      { length: count },
      (_, at) =>
        new ConsumerHandle({ ...base, consumer: at + 1, shard: firstShard + at }, {
          ready: () => this.#dispatch(),
          ack: (ack) => this.#ack(ack),
          lost: (deliveries) => this.#redeliver(deliveries),
        }),
    );
  }

  offer(entries: readonly Entries[]): void {
    for (const next of entries) {
      this.pending += next.events;
      this.pendingBytes += next.bytes;
      this.#waitingEvents += next.events;
      pushEntries(this.#waiting, next);
    }
    this.#dispatch();
  }

  /** At once: the journal is where consumers find it. */
  stored(): Promise<void> {
    return Promise.resolve();
  }

  /** What the journal takes fits. */
  requireFit(): void {}

  /** Nobody else puts anything into it. */
  look(): Promise<void> {
    return Promise.resolve();
  }

  get redeliveries(): number {
    return this.consumers.reduce((sum, { redeliveries }) => sum + redeliveries, 0);
  }

  get lagMs(): number {
    let oldest = this.#waiting[0]?.acceptedAt ?? Infinity;
    for (const { acceptedAt } of this.#deliveries.values()) oldest = Math.min(oldest, acceptedAt);
    return oldest === Infinity ? 0 : Math.max(0, Date.now() - oldest);
  }

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

  async stop(): Promise<void> {
    clearTimeout(this.#pause);
    await Promise.all(this.consumers.map((consumer) => consumer.stop(STOP_MS)));
  }

  #dispatch() {
    for (;;) {
      const consumer = this.#leastBusy();
      if (consumer === undefined) return;
      const [lost] = this.#lost;
      if (lost !== undefined) {
        this.#lost.delete(lost);
        consumer.deliver(lost, this.#deliveries.get(lost)!);
        continue;
      }
      const pauseMs = this.#pauseMs();
      if (pauseMs === undefined) return;
      if (pauseMs > 0) {
        this.#pause ??= setTimeout(() => {
          this.#pause = undefined;
          this.#dispatch();
        }, pauseMs);
        return;
      }
      const entries = this.#waiting.shift()!;
      this.#waitingEvents -= entries.events;
      this.#deliveredAt = performance.now();
      this.#deliveries.set(this.#nextDelivery, entries);
      consumer.deliver(this.#nextDelivery++, entries);
    }
  }

  /** The consumer with the fewest deliveries in hand; of equals the one that committed longest ago. */
  #leastBusy(): ConsumerHandle | undefined {
    return this.consumers.filter(({ credits }) => credits > 0).toSorted((a, b) =>
      b.credits - a.credits || (a.lastCommitAt ?? 0) - (b.lastCommitAt ?? 0)
    )[0];
  }

  /** How long what waits should go on waiting; undefined if nothing waits. */
  #pauseMs(): number | undefined {
    if (this.#waiting.length === 0) return undefined;
    if (this.#draining || this.#waitingEvents >= DELIVERY_EAGER_EVENTS) return 0;
    if (this.#waiting.some(({ waited }) => waited !== undefined)) return 0;
    return Math.max(this.#deliveredAt + DELIVERY_PACE_MS - performance.now(), 0);
  }

  #ack(ack: Ack) {
    const entries = this.#deliveries.get(ack.delivery);
    if (entries !== undefined) {
      this.#deliveries.delete(ack.delivery);
      this.#lost.delete(ack.delivery);
      this.pending -= entries.events;
      this.pendingBytes -= entries.bytes;
      this.#on.committed(ack.outcome, ack.durationMs);
      this.#on.applied([entries], entries.waited ?? [], ack.verdicts);
    }
    this.#noticeDrained();
    this.#dispatch();
  }

  #redeliver(ids: readonly number[]) {
    for (const id of ids) if (this.#deliveries.has(id)) this.#lost.add(id);
    this.#dispatch();
  }

  #noticeDrained() {
    if (this.pending === 0) this.#drained?.();
  }
}
