/**
 * Meters of this process: how much was counted a second, and for how long.
 */
import { History } from "./history.ts";
import { RATE_WINDOW_MS, RETRY_AFTER_MS } from "./limits.ts";
import type { Outcome } from "./protocol.ts";
import { Repeats } from "./repeats.ts";
import { Ring } from "./ring.ts";
import type { Rates } from "./snapshot.ts";

/** Counts amounts as they come; says how much a second that is, as a mean over the last seconds. */
export class Rate {
  readonly #ring = new Ring(1_000, RATE_SECONDS);

  /**
   * @param amount how much has come
   * @param now milliseconds, from any origin
   */
  add(amount: number, now: number): void {
    this.#ring.add(0, amount, now);
  }

  /** The mean over the whole seconds of the window, a second. */
  perSecond(now: number): number {
    return this.#ring.slots(now).reduce((sum, [amount]) => sum + amount!, 0) / RATE_SECONDS;
  }
}

const RATE_SECONDS = RATE_WINDOW_MS / 1_000;

/** Rates, history and uptime of this process. */
export class Meters {
  readonly #startedAt = performance.now();
  readonly #accepted = new Rate();
  readonly #received = new Rate();
  readonly #stored = new Rate();
  readonly #duplicates = new Rate();
  readonly history = new History(Date.now());
  readonly repeats = new Repeats();

  /**
   * Counts events that were accepted.
   *
   * @param tookMs until they were on disk
   */
  accept(events: number, tookMs: number): void {
    const now = Date.now();
    this.#accepted.add(events, now);
    this.history.accept(events, tookMs, now);
  }

  /**
   * Counts what a delivery came to.
   *
   * @param tookMs from the doorbell to COMMIT
   */
  count(outcome: Outcome, tookMs: number): void {
    const now = Date.now();
    this.#received.add(outcome.received, now);
    this.#stored.add(outcome.stored, now);
    this.#duplicates.add(outcome.duplicates, now);
    this.history.apply(outcome, tookMs, now);
    this.repeats.apply(outcome, now);
  }

  get rates(): Rates {
    const now = Date.now();
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
