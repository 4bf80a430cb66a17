/**
 * Dead letters: events that PostgreSQL refused, kept with its reason.
 */
import type { Event } from "../event.ts";
import { logger } from "../logger.ts";
import type { Transaction } from "./connect.ts";

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
