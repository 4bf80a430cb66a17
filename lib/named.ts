/**
 * Something for each of a bounded number of names, made when a name is first heard of. Where there is
 * no room for another, one that has not been heard of for long gives its place away; else the new one
 * gets nothing.
 */
export class Named<T> {
  readonly #most: number;
  readonly #idleMs: number;
  readonly #make: () => T;
  /** The one heard of longest ago comes first. */
  readonly #known = new Map<string, { readonly value: T; readonly heardAt: number }>();

  /**
   * @param most how many names at most
   * @param idleMs how long one must not have been heard of to give its place away, milliseconds
   */
  constructor(most: number, idleMs: number, make: () => T) {
    this.#most = most;
    this.#idleMs = idleMs;
    this.#make = make;
  }

  /** Whether a name that is not known may have been refused for want of room. */
  get full(): boolean {
    return this.#known.size >= this.#most;
  }

  /**
   * Hears of a name.
   *
   * @param now milliseconds, never going back by much
   * @returns what belongs to it; undefined if there is no room
   */
  hear(name: string, now: number): T | undefined {
    const known = this.#known.get(name);
    if (known === undefined && !this.#makeRoom(now)) return undefined;
    const value = known === undefined ? this.#make() : known.value;
    this.#known.delete(name);
    this.#known.set(name, { value, heardAt: now });
    return value;
  }

  /** What belongs to a name; undefined if it is not known. */
  get(name: string): T | undefined {
    return this.#known.get(name)?.value;
  }

  /** All names with what belongs to them. */
  *[Symbol.iterator](): Generator<[name: string, value: T]> {
    for (const [name, { value }] of this.#known) yield [name, value];
  }

  #makeRoom(now: number): boolean {
    if (!this.full) return true;
    const [[name, { heardAt }]] = this.#known as unknown as [[string, { heardAt: number }]];
    return now - heardAt > this.#idleMs && this.#known.delete(name);
  }
}
