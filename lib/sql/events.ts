/**
 * Stored events, read by key, never by OFFSET.
 *
 * PostgreSQL makes the JSON, so that payloads leave as they are stored, with all digits of their
 * numbers, and instants with their microseconds.
 */
import { EXPORT_CHUNK_ROWS } from "./limits.ts";
import type { Sql } from "./connect.ts";

/** Which events. */
export interface EventFilter {
  /** A topic, or a pattern: `*` is one level, `>` all that follow. */
  readonly topic?: string | undefined;
  readonly source?: string | undefined;
  /** Event time, from (included) and to (excluded), ISO 8601. */
  readonly from?: string | undefined;
  readonly to?: string | undefined;
  /** Text that the payload holds, in any case. */
  readonly q?: string | undefined;
}

/** Which events, and in what order. */
export interface EventQuery extends EventFilter {
  readonly order: Order;
  /** Only events after this one, in that order. */
  readonly after?: Position | undefined;
}

/** By arrival or by event time, ascending or descending. */
export type Order = "asc" | "desc" | "time_asc" | "time_desc";

/** Where an event stands in an order. */
export interface Position {
  readonly seq: number;
  /** Event time, ISO 8601 with all digits; needed in the orders by it. */
  readonly timestamp?: string | undefined;
}

/** A page of events. */
export interface EventPage {
  /** Each event as JSON. */
  readonly events: readonly string[];
  /** The position of the last, if there are more after it. */
  readonly next: Position | undefined;
}

/**
 * Reads one page.
 *
 * @param limit events on it at most
 */
export async function readEvents(sql: Sql, query: EventQuery, limit: number): Promise<EventPage> {
  const rows = await sql<EventRow[]>`${select(sql, query)} limit ${limit + 1}`;
  const page = rows.slice(0, limit);
  return {
    events: page.map(({ event }) => event),
    next: rows.length > limit ? positionOf(page.at(-1)!, query.order) : undefined,
  };
}

/** Reads one event as JSON by its key; undefined if it is not stored. */
export async function readEvent(
  sql: Sql,
  topic: string,
  eventId: string,
): Promise<string | undefined> {
  const [row] = await sql<Pick<EventRow, "event">[]>`
    select to_json(event)::text as event from processed_events event
    where event_id = ${eventId} and topic = ${topic}`;
  return row?.event;
}

/**
 * Reads all that match, some thousand at a time, through a cursor: one snapshot, flat memory.
 *
 * Not through the driver's `cursor()`: it ends without an error where the connection breaks.
 */
export async function* exportEvents(sql: Sql, query: EventQuery): AsyncGenerator<string[]> {
  await using tx = await sql.open();
  await tx`declare export no scroll cursor for ${select(sql, query)}`;
  for (;;) {
    const rows = await tx.unsafe<EventRow[]>(`fetch ${EXPORT_CHUNK_ROWS} from export`);
    if (rows.length === 0) return;
    yield rows.map(({ event }) => event);
  }
}

interface EventRow extends Position {
  readonly event: string;
}

function positionOf({ seq, timestamp }: Position, order: Order): Position {
  return order.startsWith("time") ? { seq, timestamp } : { seq };
}

function select(sql: Sql, query: EventQuery) {
  return sql`
    select seq, to_json(timestamp) #>> '{}' as timestamp, to_json(event)::text as event
    from processed_events event
    where ${matches(sql, query)} ${afterFilter(sql, query)}
    ${ORDERS[query.order](sql)}`;
}

const ORDERS = {
  asc: (sql: Sql) => sql`order by seq`,
  desc: (sql: Sql) => sql`order by seq desc`,
  time_asc: (sql: Sql) => sql`order by event.timestamp, seq`,
  time_desc: (sql: Sql) => sql`order by event.timestamp desc, seq desc`,
};

function afterFilter(sql: Sql, { order, after }: EventQuery) {
  if (after === undefined) return sql``;
  const { seq, timestamp } = after;
  switch (order) {
    case "asc":
      return sql`and seq > ${seq}`;
    case "desc":
      return sql`and seq < ${seq}`;
    case "time_asc":
      return sql`and (event.timestamp, seq) > (${timestamp!}::text::timestamptz, ${seq}::bigint)`;
    case "time_desc":
      return sql`and (event.timestamp, seq) < (${timestamp!}::text::timestamptz, ${seq}::bigint)`;
  }
}

/** Whether an event is one of those that a query asks for, as a condition. */
export function matches(sql: Sql, { topic, source, from, to, q }: EventFilter) {
  const filters = [
    topic !== undefined && topicFilter(sql, topic),
    source !== undefined && sql`and event.source = ${source}`,
    from !== undefined && sql`and event.timestamp >= ${from}::text::timestamptz`,
    to !== undefined && sql`and event.timestamp < ${to}::text::timestamptz`,
    q !== undefined && sql`and event.payload::text ilike ${"%" + escapeLike(q) + "%"}`,
  ].filter((filter) => filter !== false);
  return filters.reduce((all, filter) => sql`${all} ${filter}`, sql`true`);
}

function topicFilter(sql: Sql, topic: string) {
  const pattern = topicPattern(topic);
  if (pattern === undefined) return sql`and event.topic = ${topic}`;
  // The topics that there are stand in a small table; the index then serves each of them.
  return sql`and event.topic = any (array(select distinct topic from topic_stats where topic ~ ${pattern}))`;
}

/**
 * The regular expression of a topic pattern, or undefined if it is a plain topic.
 *
 * @example
 * ```ts
 * import { strictEqual } from "node:assert";
 * import { topicPattern } from "./events.ts";
 *
 * strictEqual(topicPattern("app.log.*"), "^app\\.log\\.[^.]+$");
 * strictEqual(topicPattern("app.>"), "^app\\..+$");
 * strictEqual(topicPattern("app.log"), undefined);
 * ```
 */
export function topicPattern(topic: string): string | undefined {
  const levels = topic.split(".");
  if (!levels.includes("*") && levels.at(-1) !== ">") return undefined;
  const expressions = levels.map((level, at) => {
    if (level === "*") return "[^.]+";
    if (level === ">" && at === levels.length - 1) return ".+";
    return level.replaceAll(/[\\^$.|?*+()[\]{}]/g, "\\$&");
  });
  return `^${expressions.join("\\.")}$`;
}

function escapeLike(text: string): string {
  return text.replaceAll(/[\\%_]/g, "\\$&");
}
