/**
 * Matching events counted over event time, with bounded work: of the latest arrivals only.
 */
import type { Histogram } from "../histogram.ts";
import { MAX_HISTOGRAM_EVENTS } from "../limits.ts";
import { MAX_HISTOGRAM_BUCKETS } from "./limits.ts";
import type { Sql } from "./connect.ts";
import { type EventFilter, matches } from "./events.ts";

const SECOND = 1_000, MINUTE = 60 * SECOND, HOUR = 60 * MINUTE, DAY = 24 * HOUR;

/** Lengths of intervals that people can read off, milliseconds. */
const STEPS = [
  ...[1, 2, 5, 10, 20, 50, 100, 200, 500],
  ...[1, 2, 5, 10, 15, 30].map((n) => n * SECOND),
  ...[1, 2, 5, 10, 15, 30].map((n) => n * MINUTE),
  ...[1, 2, 3, 6, 12].map((n) => n * HOUR),
  ...[1, 2, 7, 14, 30, 91, 365, 3_650, 36_500].map((n) => n * DAY),
];

interface Row {
  readonly from: string | null;
  readonly step_ms: number;
  readonly counts: Record<string, number>;
  readonly total: number;
}

/** Counts the events that a filter lets through. */
export async function readHistogram(sql: Sql, filter: EventFilter): Promise<Histogram> {
  const [row] = await sql<Row[]>`
    with hits as materialized (
      select extract(epoch from event.timestamp) * 1000 as ms from processed_events event
      where ${matches(sql, filter)}
      order by seq desc limit ${MAX_HISTOGRAM_EVENTS}
    ),
    bounds as (
      select min(ms) as first, max(ms) as last, count(*) as total from hits
    ),
    -- The interval that the last event is in counts as well.
    scale as materialized (
      select step, floor(first / step) as origin, total
      from bounds, unnest(${`{${STEPS.join(",")}}`}::text::bigint[]) as step
      where floor(last / step) - floor(first / step) < ${MAX_HISTOGRAM_BUCKETS}
      order by step limit 1
    ),
    counted as (
      select (floor(ms / step) - origin)::int as bucket, count(*) as hits
      from hits, scale group by bucket
    )
    select
      to_json(to_timestamp(origin * step / 1000)) #>> '{}' as from,
      step as step_ms,
      total,
      (select json_object_agg(bucket, hits) from counted) as counts
    from scale`;
  if (row === undefined) return { from: null, step_ms: 0, counts: [], total: 0, complete: true };
  const { from, step_ms, total, counts } = row;
  const last = Math.max(...Object.keys(counts).map(Number));
  return {
    from,
    step_ms,
    counts: Array.from({ length: last + 1 }, (_, bucket) => counts[bucket] ?? 0),
    total,
    complete: total < MAX_HISTOGRAM_EVENTS,
  };
}
