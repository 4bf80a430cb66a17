/**
 * Meters of this process: how much was counted a second, and for how long.
 */
import { RATE_WINDOW_MS, RETRY_AFTER_MS } from "./limits.ts";
import type { Outcome } from "./protocol.ts";
import type { Rates } from "./snapshot.ts";

/** Counts amounts as they come; says how much a second that is, as a mean over the last seconds. */
export class Rate {
  /** Amounts by second, one slot for each second of the window and the one that runs. */
  readonly #slots = new Float64Array(RATE_WINDOW_MS / 1000 + 1);
  #second = 0;

  /**
   * @param amount how much has come
   * @param now milliseconds, from any origin, never going back
   */
  add(amount: number, now: number): void {
    this.#advance(now);
    this.#slots[this.#second % this.#slots.length]! += amount;
  }

  /** The mean over the whole seconds of the window, a second. */
  perSecond(now: number): number {
    this.#advance(now);
    const running = this.#slots[this.#second % this.#slots.length]!;
    const all = this.#slots.reduce((sum, amount) => sum + amount, 0);
    return (all - running) / (this.#slots.length - 1);
  }

  #advance(now: number) {
    const second = Math.floor(now / 1000);
    for (
      let passed = Math.max(this.#second + 1, second - this.#slots.length + 1);
      passed <= second;
      passed++
    ) {
      this.#slots[passed % this.#slots.length] = 0;
    }
    this.#second = Math.max(this.#second, second);
  }
}

/** Rates and uptime of this process. */
export class Meters {
  readonly #startedAt = performance.now();
  readonly #accepted = new Rate();
  readonly #received = new Rate();
  readonly #stored = new Rate();
  readonly #duplicates = new Rate();

  /** Counts events that were accepted. */
  accept(events: number): void {
    this.#accepted.add(events, performance.now());
  }

  /** Counts what a delivery came to. */
  count({ received, stored, duplicates }: Outcome): void {
    const now = performance.now();
    this.#received.add(received, now);
    this.#stored.add(stored, now);
    this.#duplicates.add(duplicates, now);
  }

  get rates(): Rates {
    const now = performance.now();
    return {
      accepted: this.#accepted.perSecond(now),
      received: this.#received.perSecond(now),
      unique_processed: this.#stored.perSecond(now),
      duplicate_dropped: this.#duplicates.perSecond(now),
    };
  }

  get uptimeSeconds(): number {
    return Math.floor((performance.now() - this.#startedAt) / 1000);
  }
}

/**
 * When there will be room, whole seconds.
 *
 * @param over events that are too many
 * @param perSecond events that were committed a second lately
 */
export function retryAfterSeconds(over: number, perSecond: number): number {
  const ms = perSecond > 0 ? 1000 * over / perSecond : Infinity;
  return Math.ceil(Math.min(Math.max(ms, RETRY_AFTER_MS.least), RETRY_AFTER_MS.most) / 1000);
}
