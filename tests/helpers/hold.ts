/**
 * A database that takes nothing for a while.
 */
import type { Sql } from "../../lib/sql/connect.ts";

/**
 * Holds back all consumers: no delivery can be committed until the function that comes back is called.
 */
export async function holdConsumers(sql: Sql): Promise<() => Promise<void>> {
  const free = Promise.withResolvers<void>();
  const held = Promise.withResolvers<void>();
  const holding = sql.begin(async (tx) => {
    await tx`lock table aggregator_stats in exclusive mode`;
    held.resolve();
    await free.promise;
  });
  await held.promise;
  return async () => {
    free.resolve();
    await holding;
  };
}
