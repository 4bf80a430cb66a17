/**
 * Requests that wait for the verdicts of their events.
 *
 * Each waits until its entry is applied, but no longer than it said, not after its publisher has gone,
 * and not beyond the stop of the service. What it learns is what the transaction decided; where that is
 * not known, it learns nothing. At most so many wait as `limits.ts` says; the others do not.
 */
import type { Place } from "./entries.ts";
import { MAX_WAITING_EVENTS, MAX_WAITING_REQUESTS } from "./limits.ts";
import type { EntryVerdicts, Verdict } from "./protocol.ts";

/** How long a request waits. */
export interface Wait {
  readonly seconds: number;
  /** Aborted when its publisher goes. */
  readonly signal: AbortSignal;
}

/** What became of the events of a request, in their order. */
export interface Verdicts {
  readonly verdicts: readonly Verdict[];
  /** When the key of each was first received, milliseconds since 1970; null if that is not known. */
  readonly firstReceivedAt: readonly (number | null)[];
}

/** One request. */
interface Waiter {
  readonly place: Place;
  readonly events: number;
  readonly resolve: (verdicts: Verdicts | undefined) => void;
}

export class Waiters {
  readonly #byEntry = new Map<number, Set<Waiter>>();
  #requests = 0;
  #events = 0;
  #closed = false;

  /** Requests that wait now. */
  get requests(): number {
    return this.#requests;
  }

  /**
   * Waits for the verdicts of a request.
   *
   * @param place where its events stand; must be called before their entry can be settled
   * @returns undefined if they are not known in time
   */
  async wait(place: Place, events: number, wait: Wait): Promise<Verdicts | undefined> {
    if (!this.#hasRoom(events) || this.#closed || wait.signal.aborted) return undefined;
    const { promise, resolve } = Promise.withResolvers<Verdicts | undefined>();
    const giveUp = () => resolve(undefined);
    const timer = setTimeout(giveUp, 1_000 * wait.seconds);
    wait.signal.addEventListener("abort", giveUp);
    const waiter = { place, events, resolve };
    this.#add(waiter);
    try {
      return await promise;
    } finally {
      clearTimeout(timer);
      wait.signal.removeEventListener("abort", giveUp);
      this.#remove(waiter);
    }
  }

  /**
   * Answers those who wait for entries that are applied.
   *
   * @param entries their ids
   * @param known the verdicts of those of which they are known
   */
  settle(entries: readonly number[], known: readonly EntryVerdicts[]): void {
    const byEntry = new Map(known.map((verdicts) => [verdicts.entry, verdicts]));
    for (const entry of entries) {
      for (const { place, events, resolve } of this.#byEntry.get(entry) ?? []) {
        resolve(part(byEntry.get(entry), place.first, place.first + events));
      }
    }
  }

  /** Answers all, and whoever comes from now on, that nothing is known. */
  close(): void {
    this.#closed = true;
    for (const waiters of this.#byEntry.values()) {
      for (const { resolve } of waiters) resolve(undefined);
    }
  }

  #hasRoom(events: number): boolean {
    return this.#requests < MAX_WAITING_REQUESTS && this.#events + events <= MAX_WAITING_EVENTS;
  }

  #add(waiter: Waiter) {
    const { entry } = waiter.place;
    const others = this.#byEntry.get(entry);
    if (others === undefined) this.#byEntry.set(entry, new Set([waiter]));
    else others.add(waiter);
    this.#requests++;
    this.#events += waiter.events;
  }

  #remove(waiter: Waiter) {
    const { entry } = waiter.place;
    const waiters = this.#byEntry.get(entry)!;
    waiters.delete(waiter);
    if (waiters.size === 0) this.#byEntry.delete(entry);
    this.#requests--;
    this.#events -= waiter.events;
  }
}

function part(known: EntryVerdicts | undefined, from: number, to: number): Verdicts | undefined {
  if (known === undefined) return undefined;
  return {
    verdicts: known.verdicts.slice(from, to),
    firstReceivedAt: known.firstReceivedAt.slice(from, to),
  };
}
