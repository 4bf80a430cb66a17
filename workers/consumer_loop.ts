/**
 * Step 5 of the path: a consumer, without its thread and without where its deliveries come from.
 *
 * It reads the entries of a delivery, applies them in one transaction and acks after COMMIT. Whatever goes wrong is tried again for ever, with full jitter: a delivery leaves the
 * consumer's hands only by its ack. A delivery already in hand is ignored.
 */
import { backOff } from "exponential-backoff";
import { reason } from "../lib/errors.ts";
import { passBy } from "../lib/fault.ts";
import type { StoredEntry } from "../lib/journal/reader.ts";
import { RETRY_FIRST_MS, RETRY_LONGEST_MS } from "../lib/limits.ts";
import { logger } from "../lib/logger.ts";
import { NOTHING } from "../lib/outcome.ts";
import type { Ack, FromConsumer } from "../lib/protocol.ts";
import { type Applied, apply } from "../lib/sql/apply.ts";
import type { Sql } from "../lib/sql/connect.ts";
import { logVerdicts } from "./consumer_log.ts";
import { traceDelivery, traceTransaction } from "../lib/tracing.ts";

const log = logger("consumer");

/** What a consumer works with. */
export interface ConsumerParts {
  readonly sql: Sql;
  /** The consumer's number. */
  readonly consumer: number;
  /** Which counters it adds to. */
  readonly shard: number;
  readonly send: (message: FromConsumer) => void;
}

/** What a delivery holds. */
export interface Contents {
  /** Id of the journal that the entries are from. */
  readonly journal: string;
  /** Reads the entries, at each try: perhaps none where another consumer has seen to them. */
  read(): readonly StoredEntry[];
  /** Those of which the verdicts are asked. */
  readonly waited: readonly number[];
  /** `traceparent` of requests among them that are traced. */
  readonly traces: readonly string[];
}

/** What a delivery came to, after COMMIT. */
export type Committed = Omit<Ack, "kind" | "delivery">;

export class ConsumerLoop {
  readonly #parts: ConsumerParts;
  readonly #holding = new Map<number, { trouble: string | null }>();

  constructor(parts: ConsumerParts) {
    this.#parts = parts;
  }

  /** Tells the dispatcher what is in hand. */
  heartbeat(): void {
    const [oldest] = this.#holding.values();
    this.#parts.send({
      kind: "heartbeat",
      holding: [...this.#holding.keys()],
      trouble: oldest?.trouble ?? null,
    });
  }

  /**
   * Takes a delivery through to its ack.
   *
   * @returns what it came to; undefined if it was already in hand
   */
  async deliver(delivery: number, contents: Contents): Promise<Committed | undefined> {
    if (this.#holding.has(delivery)) return undefined;
    const state = { trouble: null as string | null };
    this.#holding.set(delivery, state);
    const start = performance.now();
    const attributes = { "sekali.delivery": delivery, "sekali.consumer": this.#parts.consumer };
    const applied = await traceDelivery(
      contents.traces,
      attributes,
      () => this.#applyUntilApplied(delivery, contents, state),
    );
    const { verdicts, ...outcome } = applied;
    this.#holding.delete(delivery);
    const committed = { outcome, verdicts, durationMs: performance.now() - start };
    this.#parts.send({ kind: "ack", delivery, ...committed });
    return committed;
  }

  #applyUntilApplied(
    delivery: number,
    contents: Contents,
    state: { trouble: string | null },
  ): Promise<Applied> {
    return backOff(() => this.#applyOnce(contents), {
      jitter: "full",
      numOfAttempts: Infinity,
      startingDelay: RETRY_FIRST_MS,
      maxDelay: RETRY_LONGEST_MS,
      retry: (error) => {
        state.trouble = reason(error);
        log.warn("Delivery {delivery} failed, trying again: {trouble}", {
          delivery,
          trouble: state.trouble,
        });
        return true;
      },
    });
  }

  async #applyOnce({ journal, read, waited }: Contents): Promise<Applied> {
    const { sql, consumer, shard } = this.#parts;
    const entries = read();
    // Nothing left to read: another consumer has seen to a redelivery of the same.
    if (entries.length === 0) return { ...NOTHING, verdicts: [] };
    passBy("delivered");
    const telling = log.isEnabledFor("debug");
    const asked = telling ? entries.map(({ id }) => id) : waited;
    const applied = await traceTransaction(() => apply(sql, journal, shard, entries, asked));
    passBy("committed");
    if (!telling) return applied;
    logVerdicts(consumer, entries, applied.verdicts);
    return { ...applied, verdicts: applied.verdicts.filter(({ entry }) => waited.includes(entry)) };
  }
}
