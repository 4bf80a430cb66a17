/**
 * Many deadlines on one timer: to set and clear one for each body costs more than to validate an event.
 */

interface Deadline {
  readonly dueAt: number;
  readonly onDue: () => void;
}

/** Deadlines that are seldom met. */
export class Deadlines {
  readonly #set = new Set<Deadline>();
  #timer: { readonly id: ReturnType<typeof setTimeout>; readonly dueAt: number } | undefined;

  /**
   * Sets one.
   *
   * @param ms from now
   * @param onDue called once, when it is due
   * @returns what takes it back; may be called after it was due
   */
  set(ms: number, onDue: () => void): () => void {
    const deadline = { dueAt: performance.now() + ms, onDue };
    this.#set.add(deadline);
    this.#wakeAt(deadline.dueAt);
    return () => this.#set.delete(deadline);
  }

  /** A timer outlives the deadline it was set for: most often it is of use to the next. */
  #wakeAt(dueAt: number) {
    if (this.#timer !== undefined) {
      if (this.#timer.dueAt <= dueAt) return;
      clearTimeout(this.#timer.id);
    }
    const id = setTimeout(() => this.#wake(), dueAt - performance.now());
    this.#timer = { id, dueAt };
  }

  #wake() {
    this.#timer = undefined;
    const now = performance.now();
    let next = Infinity;
    for (const deadline of this.#set) {
      if (deadline.dueAt > now) {
        next = Math.min(next, deadline.dueAt);
        continue;
      }
      this.#set.delete(deadline);
      deadline.onDue();
    }
    if (next < Infinity) this.#wakeAt(next);
  }
}
