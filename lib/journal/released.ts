/**
 * Which entries are released: all below the oldest that is not, and some above.
 */
import type { EntryRange } from "../protocol.ts";

/** What of a journal is released. */
export class Released {
  /** All entries below this id are released. */
  oldest: number;
  /** Released ranges above: the first id of each, and the id behind its last. */
  readonly #above = new Map<number, number>();

  constructor(oldest: number) {
    this.oldest = oldest;
  }

  /** @param range of entries of which none was released before; ids that were never given may be among them */
  add({ first, last }: EntryRange): void {
    this.#above.set(first, last + 1);
    for (let next; (next = this.#above.get(this.oldest)) !== undefined;) {
      this.#above.delete(this.oldest);
      this.oldest = next;
    }
  }
}
