/**
 * The load of a round: publishers that send a batch until it is answered, each request exactly once.
 */
import { delay } from "../../lib/delay.ts";
import { attempt, TemporaryFailure } from "../../publisher/request.ts";
import type { Random } from "../helpers/random.ts";
import { type Batch, makeBatch, repeatBatch } from "./batch.ts";
import type { Ledger } from "./ledger.ts";
import {
  ANSWER_LIMIT_MS,
  BURST_BATCHES,
  BURST_PAUSE_MS,
  CALM_PAUSE_MS,
  PUBLISHERS,
  RETRY_PAUSE_MS,
} from "./limits.ts";

/** What became of a request; `refused` says for sure that nothing of it is stored. */
export type Answer = "acknowledged" | "refused" | "unanswered";

export class Publishers {
  /** Requests refused or not answered. */
  failed = 0;
  readonly #address: () => URL;
  readonly #ledger: Ledger;
  readonly #random: Random;
  readonly #twice: boolean;
  readonly #loops: Promise<unknown>;
  readonly #acknowledgements: { readonly sentAt: number; readonly at: number }[] = [];
  #calm = false;
  #stopping = false;
  #trouble: unknown;

  /**
   * Starts them, about as fast as they can.
   *
   * @param address where to publish, asked before each request
   * @param options whether the events of each batch go out twice at the same time
   */
  constructor(
    address: () => URL,
    ledger: Ledger,
    random: Random,
    { twice = false }: { readonly twice?: boolean } = {},
  ) {
    this.#twice = twice;
    this.#address = address;
    this.#ledger = ledger;
    this.#random = random;
    this.#loops = Promise.all(
      Array.from(
        { length: PUBLISHERS },
        () => this.#publish().catch((error) => this.#trouble ??= error),
      ),
    );
  }

  /** Batches acknowledged. */
  get acknowledged(): number {
    return this.#acknowledgements.length;
  }

  /** When a batch that was sent after a moment was first acknowledged, on `performance.now()`. */
  acknowledgedAfter(moment: number): number | undefined {
    return this.#acknowledgements.find(({ sentAt }) => sentAt >= moment)?.at;
  }

  /** Slows them down. */
  calmDown(): void {
    this.#calm = true;
  }

  /** Throws what ended a publisher: an answer that nobody may give. */
  mustBeWell(): void {
    if (this.#trouble !== undefined) throw this.#trouble;
  }

  /** Waits for the answers that are due. */
  async stop(): Promise<void> {
    this.#stopping = true;
    await this.#loops;
    this.mustBeWell();
  }

  async #publish() {
    while (!this.#stopping) {
      const batch = makeBatch(this.#ledger, this.#random);
      const twin = this.#twice ? [repeatBatch(batch, this.#ledger)] : [];
      await Promise.all([batch, ...twin].map((one) => this.#publishOne(one)));
      if (this.acknowledged >= BURST_BATCHES) this.#calm = true;
      await this.#pause(this.#calm ? CALM_PAUSE_MS : BURST_PAUSE_MS);
    }
  }

  /** Sends a batch until it is acknowledged, or no more is sent. */
  async #publishOne(batch: Batch) {
    while (!this.#stopping) {
      const sentAt = performance.now();
      const answer = await send(this.#address(), batch.body);
      if (answer === "acknowledged") {
        this.#ledger.acknowledge(batch);
        this.#acknowledgements.push({ sentAt, at: performance.now() });
        return;
      }
      this.failed++;
      if (answer === "unanswered") {
        this.#ledger.doubt(batch);
        batch = repeatBatch(batch, this.#ledger);
      }
      await this.#pause(RETRY_PAUSE_MS);
    }
  }

  #pause(mostMs: number): Promise<void> {
    return delay(this.#random.below(mostMs));
  }
}

/**
 * Sends one request, once.
 *
 * @throws {Error} if it was answered with what retrying does not mend
 */
async function send(url: URL, body: string): Promise<Answer> {
  try {
    await attempt(
      url,
      { method: "POST", headers: { "content-type": "application/json" }, body },
      ANSWER_LIMIT_MS,
    );
    return "acknowledged";
  } catch (error) {
    if (!(error instanceof TemporaryFailure)) throw error;
    return error.inDoubt ? "unanswered" : "refused";
  }
}
