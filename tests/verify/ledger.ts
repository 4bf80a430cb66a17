/**
 * The ledger: what was sent and how it was answered. A byte a key and some sums, so that millions of
 * keys stay small.
 *
 * A batch that was not answered may have been accepted or not. Each batch holds a witness, an event
 * that is never sent again: a request is accepted as a whole or not at all, so once all is settled the
 * witness tells, and counters can be told to the event.
 */
import type { Batch } from "./batch.ts";
import { type Key, keyOf, numberOf } from "./events.ts";

/** What a key was made for. */
export type Role = "witness" | "poison" | "ordinary";

/** A key that PostgreSQL holds: for the first time, or one too many, or one that was never sent. */
export type Sighting = "first" | "again" | "invented";

const POISON = 1;
const ORDINARY = 2;
/** Was in a request that was accepted, or may have been. */
const SENT = 4;
const ACKNOWLEDGED = 8;
const FOUND = 16;

export class Ledger {
  /** Events answered 202, repeats included. */
  acknowledged = 0;
  /** Events that were not answered, ever. */
  inDoubt = 0;
  /** Batches that were accepted, or may have been. */
  batches = 0;
  /** Keys made; they are the numbers below. */
  keys = 0;
  #flags = new Uint8Array(1 << 16);
  #unresolved: Batch[] = [];
  #received = 0;

  /** Makes a key. @returns its number */
  make(role: Role): number {
    if (this.keys === this.#flags.length) {
      const larger = new Uint8Array(2 * this.keys);
      larger.set(this.#flags);
      this.#flags = larger;
    }
    this.#flags[this.keys] = role === "poison" ? POISON : role === "ordinary" ? ORDINARY : 0;
    return this.keys++;
  }

  isPoison(number: number): boolean {
    return (this.#flags[number]! & POISON) !== 0;
  }

  /** Whether an event may be sent more than once. */
  isOrdinary(number: number): boolean {
    return (this.#flags[number]! & ORDINARY) !== 0;
  }

  /** A batch was answered 202. */
  acknowledge(batch: Batch): void {
    this.#mark(batch, SENT | ACKNOWLEDGED);
    this.batches++;
    this.acknowledged += batch.numbers.length;
    this.#received += batch.numbers.length;
  }

  /** A batch was not answered. */
  doubt(batch: Batch): void {
    this.#mark(batch, SENT);
    this.batches++;
    this.inDoubt += batch.numbers.length;
    this.#unresolved.push(batch);
  }

  /** Takes note of a key that PostgreSQL holds. */
  sight(key: Key): { readonly number: number; readonly sighting: Sighting } {
    const number = numberOf(key) ?? -1;
    const flags = this.#flags[number] ?? 0;
    if ((flags & SENT) === 0) return { number, sighting: "invented" };
    this.#flags[number]! |= FOUND;
    return { number, sighting: (flags & FOUND) === 0 ? "first" : "again" };
  }

  /** Forgets what PostgreSQL holds, to look at all of it again. */
  forgetSightings(): void {
    for (let number = 0; number < this.keys; number++) this.#flags[number]! &= ~FOUND;
  }

  /**
   * Decides the batches in doubt by their witnesses, once all is settled and sighted.
   *
   * @returns how many events were accepted by now, repeats included
   */
  resolve(): number {
    for (const batch of this.#unresolved) {
      if (!this.#has(batch.witness, FOUND)) continue;
      // Accepted as a whole: what is missing of it is as lost as if it had been answered.
      this.#mark(batch, ACKNOWLEDGED);
      this.#received += batch.numbers.length;
    }
    this.#unresolved = [];
    return this.#received;
  }

  /** Keys of accepted events that PostgreSQL does not hold. */
  missing(): Key[] {
    const missing: Key[] = [];
    for (let number = 0; number < this.keys; number++) {
      if (this.#has(number, ACKNOWLEDGED) && !this.#has(number, FOUND)) missing.push(keyOf(number));
    }
    return missing;
  }

  #has(number: number, flag: number): boolean {
    return (this.#flags[number]! & flag) !== 0;
  }

  #mark({ numbers }: Batch, flags: number) {
    for (const number of numbers) this.#flags[number]! |= flags;
  }
}
