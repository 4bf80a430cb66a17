/**
 * A dead letter applied once more: what step 6 of the path does, for one event.
 *
 * Guarantees: of two replays at once only one finds the letter; one that is refused again, or cut
 * off before the commit, changes no counter and keeps the letter.
 */
import { reason } from "../errors.ts";
import { logger } from "../logger.ts";
import { isDataError, type Sql } from "./connect.ts";
import { updateDeadLetter } from "./dead_letters.ts";

const log = logger("dead-letters");

/** The counters of all replays. Those of consumers are numbered from 1: none ever waits for a replay. */
export const REPLAY_SHARD = 0;

/** What became of an event that was replayed. */
export interface Replayed {
  readonly status: "stored" | "duplicate";
  readonly event_id: string;
  readonly topic: string;
}

/** What a replay came to. */
export type Replay = Replayed | { readonly status: "refused"; readonly reason: string };

/**
 * Replays a dead letter.
 *
 * @returns undefined if there is none
 * @throws the driver's error, where it is not about the event; then nothing has changed, or, where the
 * connection broke, perhaps all
 */
export async function replayDeadLetter(sql: Sql, id: number): Promise<Replay | undefined> {
  try {
    const replayed = await replay(sql, id);
    if (replayed !== undefined) log.info("Dead letter {id} is {status}", { id, ...replayed });
    return replayed;
  } catch (error) {
    if (!isDataError(error)) throw error;
    const refused = { status: "refused", reason: reason(error) } as const;
    log.error("Dead letter {id} is refused again: {reason}", { id, ...refused });
    await updateDeadLetter(sql, id, refused.reason);
    return refused;
  }
}

/**
 * One statement, hence one transaction. The counters that the letter had fall below 0 in this shard,
 * their sums over all shards do not; what was received stays as it is.
 */
async function replay(sql: Sql, id: number): Promise<Replayed | undefined> {
  const [replayed] = await sql<Replayed[]>`
    with letter as materialized (
      delete from dead_letters where id = ${id} returning event_id, topic, event, received_at
    ),
    stored as (
      insert into processed_events (event_id, topic, timestamp, source, payload, received_at)
      select e.event_id, e.topic, e.timestamp, e.source, e.payload, letter.received_at
      from letter, json_to_record(letter.event::json)
        as e (event_id text, topic text, timestamp timestamptz, source text, payload jsonb)
      on conflict (event_id, topic) do nothing
      returning topic
    ),
    decided as materialized (
      select event_id, topic, received_at, (select count(*) from stored) as stored from letter
    ),
    topics as (
      insert into topic_stats as t
        (topic, shard, received, unique_processed, duplicate_dropped, dead_lettered, first_seen, last_seen)
      select topic, ${REPLAY_SHARD}::int, 0, stored, 1 - stored, -1, received_at, received_at from decided
      on conflict (topic, shard) do update set
        unique_processed = t.unique_processed + excluded.unique_processed,
        duplicate_dropped = t.duplicate_dropped + excluded.duplicate_dropped,
        dead_lettered = t.dead_lettered + excluded.dead_lettered
    ),
    totals as (
      insert into aggregator_stats as s
        (shard, received, unique_processed, duplicate_dropped, dead_lettered)
      select ${REPLAY_SHARD}::int, 0, stored, 1 - stored, -1 from decided
      on conflict (shard) do update set
        unique_processed = s.unique_processed + excluded.unique_processed,
        duplicate_dropped = s.duplicate_dropped + excluded.duplicate_dropped,
        dead_lettered = s.dead_lettered + excluded.dead_lettered
    )
    select case stored when 1 then 'stored' else 'duplicate' end as status, event_id, topic
    from decided`;
  return replayed;
}
