/**
 * What became of entries of which nothing is heard: a message of a consumer may get lost, and so may what
 * a stream has stored.
 *
 * The stream is asked whether it still holds them. What it does not hold was acked after COMMIT, which
 * PostgreSQL knows, or is lost, and published again.
 */
import { reason } from "../errors.ts";
import { logger } from "../logger.ts";
import type { PartName, ToRelay } from "../protocol.ts";
import { AUDIT_ENTRIES, AUDIT_MS } from "./limits.ts";
import type { Outstanding } from "./outstanding.ts";

const log = logger("queue");

/** Whom an audit asks, and whom it tells. */
export interface AuditParts {
  readonly outstanding: Outstanding;
  /** Whether the stream is away, so that it cannot be asked. */
  isAway(): boolean;
  /** Asks PostgreSQL which parts of entries are applied. */
  readApplied(
    entries: readonly number[],
  ): Promise<readonly { readonly entry: number; readonly part: number }[]>;
  /** Takes parts that are. */
  apply(parts: readonly PartName[]): void;
  /** Tells the relay. */
  send(message: Extract<ToRelay, { kind: "check" | "republish" }>): void;
}

/** Audits a few entries at a time, again and again, from when it is made. */
export class Audit {
  readonly #parts: AuditParts;
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** The last entry that was asked about; 0: all were. */
  #upTo = 0;

  constructor(parts: AuditParts) {
    this.#parts = parts;
    this.#askAfter(AUDIT_MS);
  }

  stop(): void {
    clearTimeout(this.#timer);
  }

  #askAfter(ms: number) {
    this.#timer = setTimeout(() => this.#ask(), ms);
  }

  #ask() {
    const { outstanding, isAway, send } = this.#parts;
    const silent = outstanding.silent(Date.now() - AUDIT_MS, this.#upTo, AUDIT_ENTRIES);
    this.#upTo = silent.length < AUDIT_ENTRIES ? 0 : silent.at(-1)!.entry;
    if (silent.length === 0 || isAway()) this.#askAfter(AUDIT_MS);
    else send({ kind: "check", entries: silent });
  }

  /** Takes the stream's answer: the parts that it does not hold. */
  async judge(missing: readonly PartName[]): Promise<void> {
    const { outstanding, send } = this.#parts;
    const lost = await this.#findLost(missing.filter((part) => outstanding.awaits(part)));
    if (lost.size > 0) {
      for (const entry of lost) outstanding.lose(entry);
      log.warn("The stream has lost {lost} entries, they are published again", { lost: lost.size });
      send({ kind: "republish", entries: [...lost] });
    }
    // Where some are lost, more are: the next are looked at without a pause.
    this.#askAfter(lost.size > 0 ? 0 : AUDIT_MS);
  }

  /** Of parts that the stream does not hold, the entries of those that are not applied. */
  async #findLost(doubted: readonly PartName[]): Promise<Set<number>> {
    if (doubted.length === 0) return new Set();
    const { outstanding, readApplied, apply } = this.#parts;
    try {
      const applied = await readApplied([...new Set(doubted.map(([entry]) => entry))]);
      apply(applied.map(({ entry, part }) => [entry, part] as const));
      return new Set(
        doubted.filter((part) => outstanding.awaits(part)).map(([entry]) => entry),
      );
    } catch (error) {
      log.debug("Cannot ask what is applied: {reason}", { reason: reason(error) });
      return new Set();
    }
  }
}
