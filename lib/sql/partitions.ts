/**
 * The table of events as one table, or as partitions by a hash of `event_id`: all deliveries of a key
 * meet in one of them, where the primary key decides.
 *
 * Guarantees: the table is as it was or as asked for, with all rows, their seqs and the next one, since
 * one transaction makes another table, copies and lets them change places. Those who write wait
 * meanwhile; those who read wait for the change of places only. Statements that were prepared before
 * find the new table by its name.
 *
 * Not promised: what somebody has added to the table by hand. Privileges, publications and storage
 * parameters go with the old one; a view of it makes the start fail.
 */
import { PARTITIONS_LOCK_MS } from "./limits.ts";
import { logger } from "../logger.ts";
import type { Transaction } from "./connect.ts";

const log = logger("database");

/** What a change of partitions came to. */
export interface Repartitioned {
  readonly rows: number;
  readonly ms: number;
}

/**
 * Gives the table so many partitions.
 *
 * @param partitions 0: it is one plain table
 * @param lockMs how long to wait for those who use the table
 * @returns undefined if it is so already
 */
export async function repartition(
  tx: Transaction,
  partitions: number,
  lockMs = PARTITIONS_LOCK_MS,
): Promise<Repartitioned | undefined> {
  const [present] = await tx<[{ partitions: number }]>`
    select count(*) as partitions from pg_inherits where inhparent = 'processed_events'::regclass`;
  if (present.partitions === partitions) return undefined;
  log.info("The events are copied into {partitions} partitions; they had {before}", {
    partitions,
    before: present.partitions,
  });
  const start = performance.now();
  await tx.unsafe(`set local lock_timeout = ${lockMs}`);
  await tx`lock table processed_events in share row exclusive mode`;
  await tx.unsafe(makeTable(partitions));
  const { count } = await tx`
    insert into processed_events_made overriding system value select * from processed_events`;
  await tx.unsafe(FINISH);
  await changePlaces(tx);
  return { rows: count, ms: performance.now() - start };
}

/** Columns are those of the present table; its indexes come when the rows are there, which is faster. */
function makeTable(partitions: number): string {
  const table = `create table processed_events_made
    (like processed_events including all excluding indexes)`;
  if (partitions === 0) return table;
  const parts = Array.from(
    { length: partitions },
    (_, at) =>
      `create table processed_events_made_${at} partition of processed_events_made
      for values with (modulus ${partitions}, remainder ${at})`,
  );
  return [`${table} partition by hash (event_id)`, ...parts].join(";\n");
}

/** Indexes as the migrations make them, the next seq, and statistics, which no autovacuum makes of a whole. */
const FINISH = `
  alter table processed_events_made
    add constraint processed_events_made_pkey primary key (event_id, topic);
  create index processed_events_made_seq_idx on processed_events_made (seq);
  create index processed_events_made_topic_seq_idx on processed_events_made (topic, seq);
  create index processed_events_made_timestamp_seq_idx on processed_events_made (timestamp, seq);
  select setval(pg_get_serial_sequence('processed_events_made', 'seq'), last)
  from pg_sequence_last_value(pg_get_serial_sequence('processed_events', 'seq')::regclass) as last
  where last is not null;
  analyze processed_events_made`;

async function changePlaces(tx: Transaction) {
  await tx`drop table processed_events`;
  // Of tables, indexes and the sequence alike; a constraint is called as its index is.
  const made = await tx<{ rename: string }[]>`
    select format(
      'alter table %I rename to %I',
      relname, replace(relname, 'processed_events_made', 'processed_events')
    ) as rename
    from pg_class
    where relnamespace = current_schema()::regnamespace
      and relname ~ '^processed_events_made(_|$)'`;
  await tx.unsafe(made.map(({ rename }) => rename).join(";\n"));
}
