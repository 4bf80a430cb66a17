/**
 * The faults, in flesh: something dies, and, where it does not by itself, is started again.
 */
import { delay } from "../../lib/delay.ts";
import type { Stats } from "../../lib/snapshot.ts";
import type { Nats, NatsCluster, NatsServer } from "../helpers/nats.ts";
import type { Group } from "./group.ts";
import { STRIKE_LIMIT_MS } from "./limits.ts";
import type { Plan } from "./plan.ts";
import { terminateBackends } from "./store.ts";
import { waitFor } from "./wait.ts";

/** Whether publishing must go on as if nothing had happened. */
export function isSurvived({ kind }: Plan): boolean {
  return kind === "kill PostgreSQL" || kind === "terminate backends" ||
    kind.startsWith("kill consume") || kind.startsWith("kill NATS");
}

/**
 * Lets the fault strike.
 *
 * @param startedAt when the load began, on `performance.now()`
 * @returns when it had struck; of a thread, whose end nobody sees, the earliest that is possible
 * @throws {Error} if it does not come about
 */
export async function strike(plan: Plan, group: Group, startedAt: number): Promise<number> {
  if (plan.fault?.kills === "thread") {
    await waitFor("a consumer dies", STRIKE_LIMIT_MS, async () => {
      const stats = await group.first.read<Stats>("/stats");
      return stats?.consumers.some(({ restarts }) => restarts > 0) || undefined;
    });
    return startedAt;
  }
  if (plan.fault !== undefined) await group.victimsOf(plan)[0]!.died(STRIKE_LIMIT_MS);
  else await kill(plan, group);
  return performance.now();
}

async function kill(plan: Plan, group: Group): Promise<void> {
  const { kind, afterMs, recoveryMs } = plan;
  const { first } = group;
  await delay(afterMs);
  switch (kind) {
    case "kill service":
    case "kill consume process":
      return await group.victimsOf(plan)[0]!.kill();
    case "kill PostgreSQL":
      return await group.killPostgres(recoveryMs);
    case "kill both":
      return await first.killBoth();
    case "kill both, then their recovery":
      await first.killBoth();
      await first.spawn();
      await delay(recoveryMs);
      return await first.killBoth();
    case "kill NATS":
      return await killNats(group.nats, recoveryMs);
    case "kill NATS and what it holds":
      return await killNats(group.nats, recoveryMs, { forget: true });
    case "kill NATS node":
    case "kill NATS leader":
    case "kill NATS majority":
      return await killNodes(await choose(plan, group.cluster), recoveryMs);
    case "kill all":
      await Promise.all([
        ...group.victimsOf(plan).map((one) => one.kill()),
        group.killPostgres(recoveryMs),
        killNodes(group.cluster.nodes, recoveryMs),
      ]);
      return;
    case "terminate backends":
      return await terminate(plan, group);
  }
}

/** Ends NATS as a crash would, and starts it again after a while, perhaps without what it held. */
async function killNats(nats: Nats, awayMs: number, options = { forget: false }): Promise<void> {
  await nats.kill();
  if (options.forget) await nats.forget();
  await delay(awayMs);
  await nats.start();
}

/** The same of several servers, at the same moment. */
async function killNodes(nodes: readonly NatsServer[], awayMs: number): Promise<void> {
  await Promise.all(nodes.map((node) => node.kill()));
  await delay(awayMs);
  await Promise.all(nodes.map((node) => node.start()));
}

/** Any server, the one that leads the stream, or that and another: without them nobody can. */
async function choose(
  { kind, victim }: Plan,
  { nodes, leaderOf }: NatsCluster,
): Promise<readonly NatsServer[]> {
  if (kind === "kill NATS node") return [nodes[victim % nodes.length]!];
  const leader = nodes.indexOf(await leaderOf(STREAM));
  const another = nodes[(leader + 1) % nodes.length]!;
  return kind === "kill NATS majority" ? [nodes[leader]!, another] : [nodes[leader]!];
}

/** Its name where none is set. */
const STREAM = "sekali";

async function terminate({ times, betweenMs }: Plan, group: Group): Promise<void> {
  const sql = await group.first.connect();
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
