/**
 * Stored events, read by key, never by OFFSET.
 *
 * PostgreSQL makes the JSON, so that payloads leave as they are stored, with all digits of their
 * numbers, and instants with their microseconds.
 */
import { EXPORT_CHUNK_ROWS } from "../limits.ts";
import type { Sql } from "./connect.ts";

/** Which events, and in what order. */
export interface EventQuery {
  /** A topic, or a pattern: `*` is one level, `>` all that follow. */
  readonly topic?: string | undefined;
  readonly source?: string | undefined;
  /** Event time, from (included) and to (excluded), ISO 8601. */
  readonly from?: string | undefined;
  readonly to?: string | undefined;
  /** Text that the payload holds, in any case. */
  readonly q?: string | undefined;
  /** By arrival: oldest or latest first. */
  readonly order: "asc" | "desc";
  /** Only events after this `seq`, in that order. */
  readonly after?: number | undefined;
}

/** A page of events. */
export interface EventPage {
  /** Each event as JSON. */
  readonly events: readonly string[];
  /** The `seq` of the last, if there are more after it. */
  readonly next: number | undefined;
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
    next: rows.length > limit ? page.at(-1)!.seq : undefined,
  };
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

interface EventRow {
  readonly seq: number;
  readonly event: string;
}

function select(sql: Sql, { topic, source, from, to, q, order, after }: EventQuery) {
  const events =
    sql`select seq, to_json(event)::text as event from processed_events event where true`;
  const filters = [
    topic !== undefined && topicFilter(sql, topic),
    source !== undefined && sql`and source = ${source}`,
    from !== undefined && sql`and timestamp >= ${from}::text::timestamptz`,
    to !== undefined && sql`and timestamp < ${to}::text::timestamptz`,
    q !== undefined && sql`and payload::text ilike ${"%" + escapeLike(q) + "%"}`,
    after !== undefined && (order === "asc" ? sql`and seq > ${after}` : sql`and seq < ${after}`),
  ].filter((filter) => filter !== false);
  const ordered = order === "asc" ? sql`order by seq` : sql`order by seq desc`;
  const where = filters.reduce((all, filter) => sql`${all} ${filter}`, sql``);
  return sql`${events} ${where} ${ordered}`;
}

function topicFilter(sql: Sql, topic: string) {
  const pattern = topicPattern(topic);
  if (pattern === undefined) return sql`and topic = ${topic}`;
  // The topics that there are stand in a small table; the index then serves each of them.
  return sql`and topic = any (array(select distinct topic from topic_stats where topic ~ ${pattern}))`;
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
