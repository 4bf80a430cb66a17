/**
 * Dead letters: events that PostgreSQL refused, kept with its reason.
 *
 * Each is counted from when it is added until it is replayed (replay.ts). One that is deleted stays
 * counted: the event was received, and this is what became of it.
 */
import type { Event } from "../event.ts";
import { logger } from "../logger.ts";
import type { Sql, Transaction } from "./connect.ts";
import { topicPattern } from "./events.ts";

const log = logger("dead-letters");

/** An event that was refused. */
export interface DeadLetter {
  /** The event as it was published. */
  readonly json: string;
  /** When it was accepted, milliseconds since 1970. */
  readonly acceptedAt: number;
  /** Why it was refused. */
  readonly reason: string;
}

/**
 * Puts events among the dead letters and counts them.
 *
 * @param shard which counters to add to
 */
export async function addDeadLetters(
  tx: Transaction,
  shard: number,
  letters: readonly DeadLetter[],
): Promise<void> {
  const rows = letters.map(({ json, acceptedAt, reason }) => {
    const { event_id, topic } = JSON.parse(json) as Event;
    log.error("Event {event_id} of {topic} is a dead letter: {reason}", {
      event_id,
      topic,
      reason,
    });
    return { event_id, topic, event: json, error: reason, received_at: new Date(acceptedAt) };
  });
  await tx`
    with letters as materialized (
      select * from json_to_recordset(${JSON.stringify(rows)}::text::json)
        as l (event_id text, topic text, event text, error text, received_at timestamptz)
    ),
    kept as (
      insert into dead_letters (event_id, topic, event, error, received_at)
      select event_id, topic, event, error, received_at from letters
    ),
    topics as (
      insert into topic_stats as t
        (topic, shard, received, unique_processed, duplicate_dropped, dead_lettered, first_seen, last_seen)
      select topic, ${shard}::int, count(*), 0, 0, count(*), min(received_at), max(received_at)
      from letters group by topic order by topic collate "C"
      on conflict (topic, shard) do update set
        received = t.received + excluded.received,
        dead_lettered = t.dead_lettered + excluded.dead_lettered,
        first_seen = least(t.first_seen, excluded.first_seen),
        last_seen = greatest(t.last_seen, excluded.last_seen)
    )
    insert into aggregator_stats as s
      (shard, received, unique_processed, duplicate_dropped, dead_lettered)
    select ${shard}::int, count(*), 0, 0, count(*) from letters
    on conflict (shard) do update set
      received = s.received + excluded.received,
      dead_lettered = s.dead_lettered + excluded.dead_lettered`;
}

/** Notes why a dead letter was refused once more. */
export async function updateDeadLetter(sql: Sql, id: number, reason: string): Promise<void> {
  await sql`update dead_letters set error = ${reason}, failed_at = now() where id = ${id}`;
}

/**
 * Deletes a dead letter; its counts stay.
 *
 * @returns whether there was one
 */
export async function deleteDeadLetter(sql: Sql, id: number): Promise<boolean> {
  const [letter] = await sql<Pick<Event, "event_id" | "topic">[]>`
    delete from dead_letters where id = ${id} returning event_id, topic`;
  if (letter === undefined) return false;
  log.info("Event {event_id} of {topic} is deleted from the dead letters", { ...letter });
  return true;
}

/** Which dead letters. */
export interface DeadLetterQuery {
  /** A topic, or a pattern: `*` is one level, `>` all that follow. */
  readonly topic?: string | undefined;
  /** Only those with a smaller id. */
  readonly after?: number | undefined;
}

/** A dead letter in two texts, since to parse the event may be what PostgreSQL refuses. */
export interface DeadLetterText {
  /** JSON: `id`, `event_id`, `topic`, `error`, `received_at`, `failed_at`. */
  readonly head: string;
  /** The event as it was published. */
  readonly event: string;
}

/** Both texts as one JSON object. */
export function deadLetterJson({ head, event }: DeadLetterText): string {
  return `${head.slice(0, -1)},"event":${event}}`;
}

/** A page of dead letters, the latest first. */
export interface DeadLetterPage {
  readonly letters: readonly DeadLetterText[];
  /** The id of the last, if there are more after it. */
  readonly next: number | undefined;
}

/**
 * Reads one page.
 *
 * @param limit dead letters on it at most
 */
export async function readDeadLetters(
  sql: Sql,
  { topic, after }: DeadLetterQuery,
  limit: number,
): Promise<DeadLetterPage> {
  const rows = await sql<LetterRow[]>`
    ${select(sql)} where true
    ${topic !== undefined ? topicFilter(sql, topic) : sql``}
    ${after !== undefined ? sql`and letter.id < ${after}` : sql``}
    order by letter.id desc limit ${limit + 1}`;
  const page = rows.slice(0, limit);
  return {
    letters: page,
    next: rows.length > limit ? page.at(-1)!.id : undefined,
  };
}

/** Reads one; undefined if there is none. */
export async function readDeadLetter(sql: Sql, id: number): Promise<DeadLetterText | undefined> {
  const [row] = await sql<LetterRow[]>`${select(sql)} where letter.id = ${id}`;
  return row;
}

interface LetterRow extends DeadLetterText {
  readonly id: number;
}

function topicFilter(sql: Sql, topic: string) {
  const pattern = topicPattern(topic);
  return pattern === undefined
    ? sql`and letter.topic = ${topic}`
    : sql`and letter.topic ~ ${pattern}`;
}

function select(sql: Sql) {
  return sql`
    select letter.id, to_json(head)::text as head, letter.event
    from dead_letters letter, lateral (
      select letter.id, letter.event_id, letter.topic, letter.error, letter.received_at, letter.failed_at
    ) head`;
}
