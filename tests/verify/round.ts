/**
 * One round: publish, let something die, let it heal, and judge.
 */
import { isSurvived, strike } from "./faults.ts";
import type { Group } from "./group.ts";
import { BEGINNING, type Findings, isFlawless, judge, type Told } from "./judge.ts";
import { Ledger } from "./ledger.ts";
import { RECOVERY_LIMIT_MS, STRIKE_LIMIT_MS } from "./limits.ts";
import { type Plan, randomOf } from "./plan.ts";
import { Publishers } from "./publishers.ts";
import { RoundError, waitFor } from "./wait.ts";

/** How a round went. */
export interface RoundResult {
  readonly plan: Plan;
  /** Events answered 202, and events not answered. */
  readonly acknowledged: number;
  readonly inDoubt: number;
  /** Undefined if it did not come to be judged. */
  readonly findings: Findings | undefined;
  /** From the fault to the first 202 of what was sent after it; and to nothing pending. */
  readonly answeredMs: number | undefined;
  readonly settledMs: number | undefined;
  /** All of the round. */
  readonly tookMs: number;
  /** Why it did not get to its end. */
  readonly failure: string | undefined;
}

/** The rounds of a run: the same aggregators, one ledger. */
export class Rounds {
  readonly #seed: string;
  readonly #group: Group;
  readonly #ledger = new Ledger();
  #position = BEGINNING;

  constructor(seed: string, group: Group) {
    this.#seed = seed;
    this.#group = group;
  }

  /** Runs one. Its failure is part of the result. */
  async run(plan: Plan): Promise<RoundResult> {
    const { acknowledged, inDoubt } = this.#ledger;
    const startedAt = performance.now();
    const result = (rest: Partial<RoundResult>): RoundResult => ({
      plan,
      acknowledged: this.#ledger.acknowledged - acknowledged,
      inDoubt: this.#ledger.inDoubt - inDoubt,
      findings: undefined,
      answeredMs: undefined,
      settledMs: undefined,
      failure: undefined,
      ...rest,
      tookMs: performance.now() - startedAt,
    });
    try {
      return result(await this.#run(plan));
    } catch (error) {
      return result({ failure: error instanceof Error ? error.message : String(error) });
    }
  }

  async #run(plan: Plan): Promise<Partial<RoundResult>> {
    const group = this.#group;
    await group.start(plan);
    const publishers = new Publishers(
      () => group.nextPublishUrl(),
      this.#ledger,
      randomOf(`${this.#seed} load ${plan.round}`),
      { twice: group.isSeveral },
    );
    try {
      const loadedAt = performance.now();
      if (plan.fault === undefined) await published(plan.burstBatches, publishers, group);
      const struckAt = await strike(plan, group, loadedAt);
      publishers.calmDown();
      await group.startAgain(plan);

      const answeredMs = await answeredAfter(struckAt, publishers, group) - struckAt;
      await published(publishers.acknowledged + plan.moreBatches, publishers, group);
      await publishers.stop();
      if (isSurvived(plan) && publishers.failed > 0) {
        throw new RoundError(`publishing was interrupted: ${publishers.failed} requests failed`);
      }
      const told = await group.settled();
      const settledMs = performance.now() - struckAt;
      const { findings } = await this.#judge(told);
      await group.stop();
      return { answeredMs, settledMs, findings };
    } finally {
      await publishers.stop().catch(() => {});
    }
  }

  /** Judges all rounds again, every key of them, after a last start. */
  async judgeAll(): Promise<{ keys: number; findings: Findings; appliedEntries: number }> {
    await this.#group.start();
    this.#ledger.forgetSightings();
    this.#position = BEGINNING;
    const { findings, tables } = await this.#judge(await this.#group.settled());
    return { keys: this.#ledger.keys, findings, appliedEntries: tables.applied_entries };
  }

  async #judge(told: Told) {
    const sql = await this.#group.first.connect();
    try {
      const judgement = await judge(sql, told, this.#ledger, this.#position);
      this.#position = judgement.position;
      return judgement;
    } finally {
      await sql.end({ timeout: 0 });
    }
  }
}

/** Whether a round proved what it was to prove. */
export function isPassed({ findings, failure }: RoundResult): boolean {
  return failure === undefined && findings !== undefined && isFlawless(findings);
}

async function published(batches: number, publishers: Publishers, group: Group) {
  await waitFor(`${batches} batches are acknowledged`, STRIKE_LIMIT_MS, () => {
    group.mustRun();
    publishers.mustBeWell();
    return publishers.acknowledged >= batches || undefined;
  });
}

async function answeredAfter(moment: number, publishers: Publishers, group: Group) {
  return await waitFor("publishing works again", RECOVERY_LIMIT_MS, () => {
    group.mustRun();
    publishers.mustBeWell();
    return publishers.acknowledgedAfter(moment);
  });
}
