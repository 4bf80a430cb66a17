/**
 * The sources of a topic and the skew of their clocks, with bounded work: of its latest arrivals only,
 * a range of the index on (topic, seq).
 */
import { MAX_SOURCE_EVENTS, MAX_TOPIC_SOURCES } from "../limits.ts";
import { SKEW_BOUNDS_MS } from "./limits.ts";
import type { TopicSources } from "../topic_sources.ts";
import type { Sql } from "./connect.ts";

type Row = Omit<TopicSources, "complete">;

/** Reads who sent the latest events of a topic. */
export async function readTopicSources(sql: Sql, topic: string): Promise<TopicSources> {
  const bounds = `{${SKEW_BOUNDS_MS.join(",")}}`;
  const [row] = await sql<Row[]>`
    with latest as materialized (
      -- Receipt is known to the millisecond: event time counts as exactly.
      select
        source,
        received_at,
        (extract(epoch from received_at - date_trunc('milliseconds', event.timestamp)) * 1000)::float8 as ms
      from processed_events event
      where topic = ${topic}
      order by seq desc limit ${MAX_SOURCE_EVENTS}
    ),
    summed as materialized (
      select
        grouping(source) = 1 as is_total,
        source,
        count(*) as events,
        max(received_at) as last_seen,
        json_build_object(
          'min_ms', round(min(ms)),
          'median_ms', round(percentile_cont(0.5) within group (order by ms)),
          'p95_ms', round(percentile_cont(0.95) within group (order by ms)),
          'max_ms', round(max(ms)),
          'ahead', count(*) filter (where ms < 0)
        )::jsonb as skew
      from latest group by grouping sets ((source), ()) having count(*) > 0
    ),
    counted as (
      select width_bucket(ms, ${bounds}::text::float8[]) as at, count(*) as events
      from latest group by at
    ),
    distribution as (
      select json_agg(
        json_build_object('below_ms', below_ms, 'events', coalesce(events, 0)) order by at
      ) as intervals
      from (
        select n - 1 as at, below_ms
        from unnest(array_append(${bounds}::text::bigint[], null)) with ordinality as b (below_ms, n)
      ) as bound left join counted using (at)
    )
    select
      (select count(*) from latest) as sampled,
      (select count(*) from summed where not is_total) as source_count,
      (
        select coalesce(json_agg(s order by events desc, source), '[]') from (
          select source, events, last_seen, skew from summed where not is_total
          order by events desc, source limit ${MAX_TOPIC_SOURCES}
        ) as s
      ) as sources,
      (
        select skew || jsonb_build_object('distribution', intervals)
        from summed, distribution where is_total
      ) as skew`;
  return { ...row!, complete: row!.sampled < MAX_SOURCE_EVENTS };
}
