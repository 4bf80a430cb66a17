/**
 * Values by slots of time, the latest of them: a ring of fixed size, all in memory.
 *
 * A slot begins at a whole multiple of the step. While a clock that was set back has not caught up, it
 * counts to the newest slot there is.
 */
export class Ring {
  readonly #stepMs: number;
  readonly #points: number;
  readonly #width: number;
  readonly #values: Float64Array;
  /** The newest slot, the one that runs: how many steps since 1970. */
  #newest = 0;
  /** Where its values stand. */
  #running = 0;

  /**
   * @param stepMs how long a slot is, milliseconds
   * @param points how many finished slots are kept, beside the one that runs
   * @param width how many values each holds
   */
  constructor(stepMs: number, points: number, width = 1) {
    this.#stepMs = stepMs;
    this.#points = points;
    this.#width = width;
    this.#values = new Float64Array((points + 1) * width);
  }

  /**
   * Adds to a value of the slot that runs.
   *
   * @param at which value of the slot
   * @param now milliseconds since 1970, or from any other origin
   */
  add(at: number, amount: number, now: number): void {
    this.#values[this.#advance(now) + at]! += amount;
  }

  /** Raises a value of the slot that runs to this one, if it is lower. */
  peak(at: number, value: number, now: number): void {
    const place = this.#advance(now) + at;
    this.#values[place] = Math.max(this.#values[place]!, value);
  }

  /** When each of the finished slots began, oldest first. */
  begins(now: number): number[] {
    this.#advance(now);
    return this.#finished(this.#points).map((slot) => slot * this.#stepMs);
  }

  /**
   * The values of the finished slots, oldest first. They are the ring's own: read them at once.
   *
   * @param latest how many, if not all
   */
  slots(now: number, latest = this.#points): Float64Array[] {
    this.#advance(now);
    return this.#finished(latest).map((slot) => this.#slot(slot));
  }

  /** The sums over all slots, the one that runs included. */
  sums(now: number): Float64Array {
    this.#advance(now);
    const sums = new Float64Array(this.#width);
    for (let place = 0; place < this.#values.length; place++) {
      sums[place % this.#width]! += this.#values[place]!;
    }
    return sums;
  }

  #finished(latest: number): number[] {
    return Array.from({ length: latest }, (_, at) => this.#newest - latest + at);
  }

  #slot(slot: number): Float64Array {
    const place = this.#place(slot);
    return this.#values.subarray(place, place + this.#width);
  }

  #place(slot: number): number {
    const slots = this.#points + 1;
    return ((slot % slots) + slots) % slots * this.#width;
  }

  /** Empties the slots that have begun since; where the one that runs stands. */
  #advance(now: number): number {
    const slot = Math.floor(now / this.#stepMs);
    if (slot > this.#newest) {
      const oldest = Math.max(this.#newest + 1, slot - this.#points);
      for (let begun = oldest; begun <= slot; begun++) this.#slot(begun).fill(0);
      this.#newest = slot;
      this.#running = this.#place(slot);
    }
    return this.#running;
  }
}
