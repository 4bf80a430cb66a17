/**
 * Dead letters: events that PostgreSQL refused, kept with its reason.
 */
import type { Event } from "../event.ts";
import { logger } from "../logger.ts";
import type { Transaction } from "./connect.ts";

const log = logger("dead-letters");

/**
 * Puts an event among the dead letters and counts it.
 *
 * @param shard which counters to add to
 * @param json the event as it was published
 * @param receivedAt when it was accepted
 * @param error why it was refused
 */
export async function addDeadLetter(
  tx: Transaction,
  shard: number,
  json: string,
  receivedAt: Date,
  error: Error,
): Promise<void> {
  const { event_id, topic } = JSON.parse(json) as Event;
  log.error("Event {event_id} of {topic} is a dead letter: {reason}", {
    event_id,
    topic,
    reason: error.message,
  });
  await tx`
    with letter as (
      insert into dead_letters (event_id, topic, event, error, received_at)
      values (${event_id}, ${topic}, ${json}, ${error.message}, ${receivedAt})
    ),
    counted as (
      insert into topic_stats as t
        (topic, shard, received, unique_processed, duplicate_dropped, dead_lettered, first_seen, last_seen)
      values (${topic}, ${shard}, 1, 0, 0, 1, ${receivedAt}, ${receivedAt})
      on conflict (topic, shard) do update set
        received = t.received + 1,
        dead_lettered = t.dead_lettered + 1,
        first_seen = least(t.first_seen, excluded.first_seen),
        last_seen = greatest(t.last_seen, excluded.last_seen)
    )
    insert into aggregator_stats as s
      (shard, received, unique_processed, duplicate_dropped, dead_lettered)
    values (${shard}, 1, 0, 0, 1)
    on conflict (shard) do update set
      received = s.received + 1,
      dead_lettered = s.dead_lettered + 1`;
}
