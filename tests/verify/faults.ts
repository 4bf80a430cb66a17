/**
 * The faults, in flesh: something dies, and, where it does not by itself, is started again.
 */
import { delay } from "../../lib/delay.ts";
import type { Stats } from "../../lib/snapshot.ts";
import type { Instance } from "./instance.ts";
import { STRIKE_LIMIT_MS } from "./limits.ts";
import type { Plan } from "./plan.ts";
import { terminateBackends } from "./store.ts";
import { waitFor } from "./wait.ts";

/** Whether publishing must go on as if nothing had happened. */
export function isSurvived({ kind }: Plan): boolean {
  return kind === "kill PostgreSQL" || kind === "terminate backends" ||
    kind.startsWith("kill consumer") || kind.startsWith("kill NATS");
}

/**
 * Lets the fault strike.
 *
 * @param startedAt when the load began, on `performance.now()`
 * @returns when it had struck; of a thread, whose end nobody sees, the earliest that is possible
 * @throws {Error} if it does not come about
 */
export async function strike(plan: Plan, instance: Instance, startedAt: number): Promise<number> {
  if (plan.fault?.kills === "thread") {
    await waitFor("a consumer dies", STRIKE_LIMIT_MS, async () => {
      const stats = await instance.read<Stats>("/stats");
      return stats?.consumers.some(({ restarts }) => restarts > 0) || undefined;
    });
    return startedAt;
  }
  if (plan.fault !== undefined) await instance.died(STRIKE_LIMIT_MS);
  else await kill(plan, instance);
  return performance.now();
}

async function kill(plan: Plan, instance: Instance): Promise<void> {
  await delay(plan.afterMs);
  switch (plan.kind) {
    case "kill service":
      return await instance.killService();
    case "kill PostgreSQL":
      return await instance.killPostgres();
    case "kill both":
      return await instance.killBoth();
    case "kill both, then their recovery":
      await instance.killBoth();
      await instance.spawn();
      await delay(plan.recoveryMs);
      return await instance.killBoth();
    case "kill NATS":
      return await instance.killNats(plan.recoveryMs);
    case "kill NATS and what it holds":
      return await instance.killNats(plan.recoveryMs, { forget: true });
    case "terminate backends":
      return await terminate(plan, instance);
  }
}

async function terminate({ times, betweenMs }: Plan, instance: Instance): Promise<void> {
  const sql = await instance.connect();
  try {
    for (let time = 1; time < times; time++) {
      await terminateBackends(sql);
      await delay(betweenMs);
    }
    await terminateBackends(sql);
  } finally {
    await sql.end({ timeout: 0 });
  }
}
