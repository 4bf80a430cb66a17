/**
 * The registry: which aggregators write to this store. They are read with the counters (stats.ts).
 *
 * Clocks are PostgreSQL's: those of the aggregators' machines may differ.
 */
import { AGGREGATOR_DEAD_MS } from "../limits.ts";
import { AGGREGATOR_FORGET_MS } from "./limits.ts";
import type { AggregatorStats } from "../snapshot.ts";
import type { Sql } from "./connect.ts";

/** Any constant will do, as long as nothing else in the database locks it. */
const LOCK = 7_353_361;

/** A place among the aggregators. */
export interface Claim {
  /** From 0; no other that is alive has it. */
  readonly slot: number;
  readonly startedAt: Date;
}

/**
 * Takes the row of a journal, a new one or that of an earlier run, and a slot: its former one or else
 * the lowest that no other aggregator has which is alive. So there are no more slots than there ever
 * were aggregators at once.
 */
export async function claim(sql: Sql, journal: string, name: string): Promise<Claim> {
  return await sql.begin(async (tx) => {
    await tx`select pg_advisory_xact_lock(${LOCK})`;
    const [row] = await tx<[Claim]>`
      insert into aggregators as a (journal, name, slot)
      select ${journal}, ${name}, slot
      from generate_series(0, (select count(*) from aggregators)) as slot
      where not exists (
        select from aggregators other
        where other.slot = slot.slot and other.journal <> ${journal}
          and other.seen_at >= now() - ${AGGREGATOR_DEAD_MS} * interval '1 millisecond'
      )
      order by slot in (select slot from aggregators where journal = ${journal}) desc, slot
      limit 1
      on conflict (journal) do update set
        name = excluded.name, slot = excluded.slot,
        address = null, started_at = now(), seen_at = now(), draining = false
      returning slot, started_at as "startedAt"`;
    return row;
  });
}

/**
 * A heartbeat: writes what an aggregator says of itself, its row again if it was forgotten, and forgets
 * others that have been dead for long and had nothing pending.
 */
export async function beat(sql: Sql, slot: number, aggregator: AggregatorStats): Promise<void> {
  const { id, name, address, state, started_at } = aggregator;
  const { pending, pending_bytes, lag_ms, journal_bytes } = aggregator;
  await sql`
    with forgotten as (
      delete from aggregators
      where journal <> ${id} and pending = 0
        and seen_at < now() - ${AGGREGATOR_FORGET_MS} * interval '1 millisecond'
    )
    insert into aggregators (
      journal, slot, name, address, started_at, draining, pending, pending_bytes, lag_ms, journal_bytes
    ) values (
      ${id}, ${slot}, ${name}, ${address}, ${started_at}, ${state === "draining"},
      ${pending}, ${pending_bytes}, ${lag_ms}, ${journal_bytes}
    )
    on conflict (journal) do update set
      seen_at = now(),
      address = excluded.address,
      draining = excluded.draining,
      pending = excluded.pending,
      pending_bytes = excluded.pending_bytes,
      lag_ms = excluded.lag_ms,
      journal_bytes = excluded.journal_bytes`;
}

/** Takes an aggregator out of the registry, as it stops with nothing pending. */
export async function leave(sql: Sql, journal: string): Promise<void> {
  await sql`delete from aggregators where journal = ${journal}`;
}
