/**
 * Deletes events and dead letters that have outlived their retention, some at a time.
 *
 * Guarantees: each call is one statement, hence one short transaction, which waits for no other; events
 * are counted in the transaction that deletes them; of several processes one deletes events at a time.
 *
 * Not promised: that an event is deleted before those of its topic that arrived earlier. That is the
 * order of the index on (topic, seq), which costs no write anything, as it is there. An index on
 * `received_at` would; a BRIN index is as good as none once the room of deleted rows is used again.
 */
import type { Sql } from "./connect.ts";

/** From when on the events of a topic are kept. */
export interface TopicLimit {
  readonly topic: string;
  readonly since: Date;
}

/** Some events of a topic, looked at in their order of arrival. */
export interface Swept {
  readonly looked: number;
  readonly expired: number;
  /** The seq of the last one; null where there is none, or another process is at it. */
  readonly last: number | null;
}

/** With the schema's name, so that two stores in one database do not wait for each other. */
const LOCK = 7_353_255;

/** The topics that ever came. */
export async function readTopics(sql: Sql): Promise<string[]> {
  const rows = await sql<{ topic: string }[]>`select distinct topic from topic_stats`;
  return rows.map(({ topic }) => topic);
}

/** Of some topics those of which the event that arrived first has expired. */
export async function readDue(sql: Sql, limits: readonly TopicLimit[]): Promise<TopicLimit[]> {
  const rows = await sql<{ topic: string }[]>`
    select kept.topic from ${limitRows(sql, limits)}, lateral (
      select received_at from processed_events event where ${
    ofTopic(sql, sql`kept.topic`, 0)
  } limit 1
    ) as first
    where first.received_at < kept.since`;
  const due = new Set(rows.map(({ topic }) => topic));
  return limits.filter(({ topic }) => due.has(topic));
}

/**
 * Deletes what has expired of the next events of a topic, and counts it.
 *
 * @param after the seq after which to look
 * @param limit events to look at, at most
 */
export async function expireEvents(
  sql: Sql,
  { topic, since }: TopicLimit,
  after: number,
  limit: number,
): Promise<Swept> {
  const [swept] = await sql<[Swept]>`
    with page as materialized (
      select ctid as place, seq, received_at from processed_events event
      where (select pg_try_advisory_xact_lock(${LOCK}, hashtext(current_schema())))
        and ${ofTopic(sql, sql`${topic}::text`, after)}
      limit ${limit}
    ),
    expired as materialized (
      select place, seq from page where received_at < ${since}
    ),
    -- Rows are never updated: as long as this statement sees one, it stays in its place. Each partition
    -- has such a place, so the seq tells whose it is; "is true" keeps that a look at what was found by
    -- its place, rather than at the index on seq for each row.
    free as materialized (
      select ctid as place, seq from processed_events
      where ctid = any (array(select place from expired))
        and (seq in (select seq from expired)) is true
      for update skip locked
    ),
    gone as (
      delete from processed_events
      where ctid = any (array(select place from free)) and (seq in (select seq from free)) is true
      returning received_at
    ),
    counted as (
      insert into expired_events as e (topic, expired, expired_until)
      select ${topic}, count(*), max(received_at) from gone having count(*) > 0
      on conflict (topic) do update set
        expired = e.expired + excluded.expired,
        expired_until = greatest(e.expired_until, excluded.expired_until)
    )
    select
      (select count(*) from page) as looked,
      (select count(*) from gone) as expired,
      (select max(seq) from page) as last`;
  return swept;
}

/**
 * Deletes dead letters that were last refused before their topic's limit; their counts stay.
 *
 * @param limit how many at most
 * @returns how many
 */
export async function expireLetters(
  sql: Sql,
  limits: readonly TopicLimit[],
  limit: number,
): Promise<number> {
  const { count } = await sql`
    delete from dead_letters where id = any (array(
      select letter.id from ${limitRows(sql, limits)}, lateral (
        select id from dead_letters
        where topic collate "C" = kept.topic and failed_at < kept.since
        for update skip locked
      ) as letter
      limit ${limit}
    ))`;
  return count;
}

/** Limits as the rows of a table `kept`. */
function limitRows(sql: Sql, limits: readonly TopicLimit[]) {
  return sql`json_to_recordset(${JSON.stringify(limits)}::text::json)
    as kept (topic text collate "C", since timestamptz)`;
}

/** Condition and order for the index on (topic, seq) alone: that on seq would find all other topics, too. */
function ofTopic(sql: Sql, topic: ReturnType<Sql>, after: number) {
  return sql`(event.topic, event.seq) > (${topic}, ${after}::bigint) and event.topic <= ${topic}
    order by event.topic, event.seq`;
}
