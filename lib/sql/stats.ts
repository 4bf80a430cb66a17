/**
 * Counters, read. Never a scan of the events: the counters are the consumers' own, summed here.
 */
import { AGGREGATOR_DEAD_MS, MAX_AGGREGATORS } from "../limits.ts";
import type { Counters } from "../snapshot.ts";
import type { Sql } from "./connect.ts";

/** Totals, topics and aggregators as of one moment. */
export async function readStats(sql: Sql): Promise<Counters> {
  // One statement, hence one snapshot: the sums agree whatever is committed meanwhile, and hold all
  // that an aggregator had committed by the heartbeat that is seen here.
  const [row] = await sql<[Counters]>`
    select
      (
        select json_build_object(
          'received', coalesce(sum(received), 0),
          'unique_processed', coalesce(sum(unique_processed), 0),
          'duplicate_dropped', coalesce(sum(duplicate_dropped), 0),
          'dead_letters', coalesce(sum(dead_lettered), 0)
        ) from aggregator_stats
      ) as totals,
      (select coalesce(sum(expired), 0)::bigint from expired_events) as expired,
      (
        select coalesce(json_agg(t order by topic), '[]') from (
          select
            topic,
            sum(received) as received,
            sum(unique_processed) as unique_processed,
            sum(duplicate_dropped) as duplicate_dropped,
            sum(dead_lettered) as dead_letters,
            min(first_seen) as first_seen,
            max(last_seen) as last_seen,
            coalesce(max(expired), 0) as expired,
            max(expired_until) as deduplicates_since
          from topic_stats left join expired_events using (topic) group by topic
        ) as t
      ) as topics,
      (
        select coalesce(json_agg(a order by started_at, id), '[]') from (
          select
            journal as id,
            name,
            address,
            case
              when seen_at < now() - ${AGGREGATOR_DEAD_MS} * interval '1 millisecond' then 'dead'
              when draining then 'draining'
              else 'live'
            end as state,
            started_at,
            seen_at,
            pending,
            pending_bytes,
            lag_ms,
            journal_bytes
          from aggregators order by seen_at desc limit ${MAX_AGGREGATORS}
        ) as a
      ) as aggregators`;
  return row;
}
