/**
 * One round: publish, let something die, let it heal, and judge.
 */
import type { Stats, TopicStats } from "../../lib/snapshot.ts";
import { isSurvived, strike } from "./faults.ts";
import type { Instance } from "./instance.ts";
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

/** The rounds of a run: one instance, one ledger. */
export class Rounds {
  readonly #seed: string;
  readonly #instance: Instance;
  readonly #ledger = new Ledger();
  #position = BEGINNING;

  constructor(seed: string, instance: Instance) {
    this.#seed = seed;
    this.#instance = instance;
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
    const instance = this.#instance;
    await instance.start(plan.fault);
    const publishers = new Publishers(
      () => instance.publishUrl,
      this.#ledger,
      randomOf(`${this.#seed} load ${plan.round}`),
    );
    try {
      const loadedAt = performance.now();
      if (plan.fault === undefined) await published(plan.burstBatches, publishers, instance);
      const struckAt = await strike(plan, instance, loadedAt);
      publishers.calmDown();
      if (!isSurvived(plan)) await instance.start();

      const answeredMs = await answeredAfter(struckAt, publishers, instance) - struckAt;
      await published(publishers.acknowledged + plan.moreBatches, publishers, instance);
      await publishers.stop();
      if (isSurvived(plan) && publishers.failed > 0) {
        throw new RoundError(`publishing was interrupted: ${publishers.failed} requests failed`);
      }
      const told = await settled(instance);
      const settledMs = performance.now() - struckAt;
      const { findings } = await this.#judge(told);
      await instance.stop();
      return { answeredMs, settledMs, findings };
    } finally {
      await publishers.stop().catch(() => {});
    }
  }

  /** Judges all rounds again, every key of them, after a last start. */
  async judgeAll(): Promise<{ keys: number; findings: Findings; appliedEntries: number }> {
    await this.#instance.start();
    this.#ledger.forgetSightings();
    this.#position = BEGINNING;
    const { findings, tables } = await this.#judge(await settled(this.#instance));
    return { keys: this.#ledger.keys, findings, appliedEntries: tables.applied_entries };
  }

  async #judge(told: Told) {
    const sql = await this.#instance.connect();
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

async function published(batches: number, publishers: Publishers, instance: Instance) {
  await waitFor(`${batches} batches are acknowledged`, STRIKE_LIMIT_MS, () => {
    instance.mustRun();
    publishers.mustBeWell();
    return publishers.acknowledged >= batches || undefined;
  });
}

async function answeredAfter(moment: number, publishers: Publishers, instance: Instance) {
  return await waitFor("publishing works again", RECOVERY_LIMIT_MS, () => {
    instance.mustRun();
    publishers.mustBeWell();
    return publishers.acknowledgedAfter(moment);
  });
}

/** Waits until nothing is pending; what the service says then. */
async function settled(instance: Instance): Promise<Told> {
  const stats = await waitFor("nothing is pending", RECOVERY_LIMIT_MS, async () => {
    const stats = await instance.read<Stats>("/stats");
    return stats?.pending === 0 ? stats : undefined;
  });
  const topics = await waitFor(
    "/topics answers",
    RECOVERY_LIMIT_MS,
    () => instance.read<TopicStats[]>("/topics"),
  );
  return { stats, topics };
}
