/**
 * A load whose every answer is remembered, and the judgement of what PostgreSQL then holds: the pieces of
 * `deno task verify` for tests that start their processes themselves.
 */
import assert from "node:assert/strict";
import type { Sql } from "../../lib/sql/connect.ts";
import { BEGINNING, isFlawless, judge } from "../verify/judge.ts";
import { Ledger } from "../verify/ledger.ts";
import { STRIKE_LIMIT_MS } from "../verify/limits.ts";
import { Publishers } from "../verify/publishers.ts";
import { waitFor } from "../verify/wait.ts";
import { newRandom } from "./random.ts";
import { type Service, until } from "./service.ts";

export class Proof {
  readonly #ledger = new Ledger();
  readonly #publishers: Publishers;

  /** Begins to publish. @param address where to, asked before each request */
  constructor(address: () => string) {
    this.#publishers = new Publishers(
      () => new URL("/publish", address()),
      this.#ledger,
      newRandom(),
    );
  }

  /** Requests refused or not answered so far. */
  get failed(): number {
    return this.#publishers.failed;
  }

  /** Waits until so many further batches are acknowledged; from then on they come slower. */
  async published(batches: number): Promise<void> {
    const enough = this.#publishers.acknowledged + batches;
    await waitFor(`${enough} batches are acknowledged`, STRIKE_LIMIT_MS, () => {
      this.#publishers.mustBeWell();
      return this.#publishers.acknowledged >= enough || undefined;
    });
    // What comes while processes start would only pile up rows to judge.
    this.#publishers.calmDown();
  }

  /** Ends the load, waits until all is settled everywhere, and asserts that nothing is lost or doubled. */
  async judge(sql: Sql, ...services: readonly Service[]): Promise<void> {
    await this.#publishers.stop();
    for (const service of services) await service.settled();
    const told = {
      stats: await until(() => services[0]!.get("/stats"), ({ pending }) => pending === 0),
      topics: await services[0]!.get("/topics"),
    };
    const { findings } = await judge(sql, told, this.#ledger, BEGINNING);
    assert.ok(isFlawless(findings), JSON.stringify(findings));
    assert.ok(this.#ledger.acknowledged > 0);
  }

  /** Ends the load, whatever has become of the test. */
  async [Symbol.asyncDispose]() {
    await this.#publishers.stop().catch(() => {});
  }
}
