/**
 * What PostgreSQL holds, read past the service.
 */
import type { Totals } from "../../lib/snapshot.ts";
import type { Sql } from "../../lib/sql/connect.ts";
import type { StoredEvent } from "./events.ts";
import { READ_ROWS } from "./limits.ts";

/** How far the tables were read. */
export interface Position {
  readonly seq: number;
  readonly letter: number;
}

/** A row of `dead_letters`. */
export interface StoredLetter {
  readonly id: number;
  readonly event_id: string;
  readonly topic: string;
  /** As it was sent. */
  readonly event: string;
}

/** The counters of one topic, and the rows that they count. */
export interface TopicTable extends Totals {
  readonly topic: string;
  readonly events: number;
  readonly letters: number;
}

/** Counters and sizes. */
export interface Tables {
  readonly totals: Totals;
  readonly topics: readonly TopicTable[];
  readonly applied_entries: number;
}

/** Events that arrived after a position, some thousand at a time. */
export function readEventsAfter(
  sql: Sql,
  { seq }: Position,
): AsyncIterable<(StoredEvent & { readonly seq: number })[]> {
  return sql<(StoredEvent & { seq: number })[]>`
    select seq, event_id, topic, timestamp, source, payload
    from processed_events where seq > ${seq}`.cursor(READ_ROWS);
}

/** Dead letters that arrived after a position. */
export function readLettersAfter(sql: Sql, { letter }: Position): AsyncIterable<StoredLetter[]> {
  return sql<StoredLetter[]>`
    select id, event_id, topic, event from dead_letters where id > ${letter}`.cursor(READ_ROWS);
}

/** Counters as of one moment, and the rows counted one by one. */
export async function readTables(sql: Sql): Promise<Tables> {
  const [row] = await sql<Tables[]>`
    select
      (
        select json_build_object(
          'received', coalesce(sum(received), 0),
          'unique_processed', coalesce(sum(unique_processed), 0),
          'duplicate_dropped', coalesce(sum(duplicate_dropped), 0),
          'dead_letters', coalesce(sum(dead_lettered), 0)
        ) from aggregator_stats
      ) as totals,
      (
        select coalesce(json_agg(t order by topic), '[]') from (
          select
            topic,
            sum(received) as received,
            sum(unique_processed) as unique_processed,
            sum(duplicate_dropped) as duplicate_dropped,
            sum(dead_lettered) as dead_letters,
            sum(events) as events,
            sum(letters) as letters
          from (
            select topic, received, unique_processed, duplicate_dropped, dead_lettered,
              0 as events, 0 as letters
            from topic_stats
            union all
            select topic, 0, 0, 0, 0, count(*), 0 from processed_events group by topic
            union all
            select topic, 0, 0, 0, 0, 0, count(*) from dead_letters group by topic
          ) as counted
          group by topic
        ) as t
      ) as topics,
      (select count(distinct (journal, entry)) from applied_entries) as applied_entries`;
  return row!;
}

/** Breaks the connections of all consumers. */
export async function terminateBackends(sql: Sql): Promise<void> {
  await sql`
    select pg_terminate_backend(pid) from pg_stat_activity
    where application_name like 'sekali consumer %'`;
}
