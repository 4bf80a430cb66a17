/**
 * Events in ranges of seq that are decided, for those who follow.
 *
 * Each statement is bounded: in the rows it looks at, by its range, and in the bytes that it answers.
 */
import { FEED_PAGE_BYTES } from "../limits.ts";
import type { Sql } from "./connect.ts";
import { type EventFilter, matches } from "./events.ts";

/** Seqs from one (excluded) to another (included), at or below the watermark. */
export interface SeqRange {
  readonly after: number;
  readonly upTo: number;
}

/** An event as JSON. */
export interface FeedEvent {
  readonly seq: number;
  readonly event: string;
}

/** Some of the events that match, in ascending order. */
export interface FeedPage {
  readonly events: readonly FeedEvent[];
  /** Whether these are all. */
  readonly complete: boolean;
}

/**
 * Reads the first events of a range that match.
 *
 * @param limit how many at most; PostgreSQL makes the JSON of so many, however few fit the page
 */
export async function readFirst(
  sql: Sql,
  filter: EventFilter,
  range: SeqRange,
  limit: number,
): Promise<FeedPage> {
  return toPage(await readPage(sql, filter, range, sql`asc`, limit), limit);
}

/**
 * Reads the latest events of a range that match.
 *
 * @param limit how many at most
 */
export async function readLatest(
  sql: Sql,
  filter: EventFilter,
  range: SeqRange,
  limit: number,
): Promise<FeedPage> {
  const page = toPage(await readPage(sql, filter, range, sql`desc`, limit), limit);
  return { ...page, events: page.events.toReversed() };
}

/** Counts the events of a range that match. */
export async function countEvents(
  sql: Sql,
  filter: EventFilter,
  { after, upTo }: SeqRange,
): Promise<number> {
  const [row] = await sql<[{ count: number }]>`
    select count(*) from processed_events event
    where ${matches(sql, filter)} and seq > ${after} and seq <= ${upTo}`;
  return row.count;
}

interface Row extends FeedEvent {
  /** Rows there were before the page was cut to its bytes. */
  readonly found: number;
}

/** A page ends with the event that fills its bytes. */
function readPage(
  sql: Sql,
  filter: EventFilter,
  { after, upTo }: SeqRange,
  order: ReturnType<Sql>,
  limit: number,
) {
  return sql<Row[]>`
    select seq, event, found from (
      select
        seq, event, count(*) over () as found,
        sum(octet_length(event)) over (order by seq ${order}) - octet_length(event) as bytes_before
      from (
        select seq, to_json(event)::text as event from processed_events event
        where ${matches(sql, filter)} and seq > ${after} and seq <= ${upTo}
        order by seq ${order} limit ${limit}
      ) as matching
    ) as page
    where bytes_before < ${FEED_PAGE_BYTES}::int
    order by seq ${order}`;
}

function toPage(rows: readonly Row[], limit: number): FeedPage {
  const found = rows[0]?.found ?? 0;
  return { events: rows, complete: found < limit && rows.length === found };
}
