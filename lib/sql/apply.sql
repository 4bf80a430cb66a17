-- One delivery, decided and counted in one statement, hence one transaction.
--
-- $1 the events of all entries, separated by commas, in the order of the entries
-- $2 entry ids, $3 the position (from 1) of each entry's first event in $1, $4 when each was accepted
-- $5 the journal's id, or null if the caller has marked the entries as applied, $6 the shard that counts
-- $7 how many groups, $8 how many repeated keys the answer may hold
-- $9 whether the answer is to say which entries were due and which events were stored
-- $10 which part of its entry each is, 0 for all of it; "entry" below means either
with delivered as materialized (
  select entry, part, first, received_at
  from unnest($2::bigint[], $3::int[], $4::timestamptz[], $10::int[])
    as d (entry, first, received_at, part)
),
-- An entry that was applied before drops out here, and with it its events. Written before any seq is
-- given out, so that the transaction has its id by then: watermark.ts relies on it.
applied as (
  insert into applied_entries (journal, entry, part)
  select $5::uuid, entry, part from delivered
  where $5 is not null
    and entry >= coalesce((select settled from journals where journal = $5::uuid), 0)
  order by entry, part
  on conflict do nothing
  returning entry, part
),
due as not materialized (
  select first from applied join delivered using (entry, part)
  union all
  select first from delivered where $5 is null
),
incoming as materialized (
  select e.event_id, e.topic, e.timestamp, e.source, e.payload, e.position, d.received_at
  from rows from (
    json_to_recordset(('[' || $1::text || ']')::json)
      as (event_id text, topic text, timestamp timestamptz, source text, payload jsonb)
  ) with ordinality as e (event_id, topic, timestamp, source, payload, position)
  join delivered d on d.first = ($3::int[])[width_bucket(e.position, $3::int[])]
  join due using (first)
),
-- Sorted by key: neighbours in the index share pages, and two deliveries never deadlock. Of a key that
-- comes twice the first is stored.
stored as (
  insert into processed_events (event_id, topic, timestamp, source, payload, received_at)
  select event_id, topic, timestamp, source, payload, received_at
  from incoming
  order by event_id collate "C", topic collate "C", position
  on conflict (event_id, topic) do nothing
  returning event_id, topic, source
),
by_group as materialized (
  select
    topic,
    source,
    sum(received)::bigint as received,
    sum(stored)::bigint as stored,
    min(first_seen) as first_seen,
    max(last_seen) as last_seen
  from (
    select topic, source, count(*) as received, 0 as stored, min(received_at) as first_seen, max(received_at) as last_seen
    from incoming group by topic, source
    union all
    select topic, source, 0, count(*), null, null from stored group by topic, source
  ) as counted
  group by topic, source
),
by_topic as materialized (
  select
    topic,
    sum(received)::bigint as received,
    sum(stored)::bigint as stored,
    min(first_seen) as first_seen,
    max(last_seen) as last_seen
  from by_group
  group by topic
),
topics as (
  insert into topic_stats as t (topic, shard, received, unique_processed, duplicate_dropped, first_seen, last_seen)
  select topic, $6::int, received, stored, received - stored, first_seen, last_seen
  from by_topic
  order by topic collate "C"
  on conflict (topic, shard) do update set
    received = t.received + excluded.received,
    unique_processed = t.unique_processed + excluded.unique_processed,
    duplicate_dropped = t.duplicate_dropped + excluded.duplicate_dropped,
    first_seen = least(t.first_seen, excluded.first_seen),
    last_seen = greatest(t.last_seen, excluded.last_seen)
),
total as (
  select coalesce(sum(received), 0)::bigint as received, coalesce(sum(stored), 0)::bigint as stored from by_topic
),
totals as (
  insert into aggregator_stats as s (shard, received, unique_processed, duplicate_dropped)
  select $6::int, received, stored, received - stored from total where received > 0
  on conflict (shard) do update set
    received = s.received + excluded.received,
    unique_processed = s.unique_processed + excluded.unique_processed,
    duplicate_dropped = s.duplicate_dropped + excluded.duplicate_dropped
)
select
  received,
  stored,
  received - stored as duplicates,
  (
    select coalesce(json_agg(g), '[]') from (
      select topic, source, received, stored from by_group
      order by received desc, topic collate "C", source collate "C"
      limit $7::int
    ) as g
  ) as groups,
  (
    select coalesce(json_agg(r), '[]') from (
      -- Stored by an earlier delivery. Where nothing was repeated, neither half is looked at.
      select event_id, topic, source from incoming
      where total.received > total.stored
        and not exists (
          select from stored where stored.event_id = incoming.event_id and stored.topic = incoming.topic
        )
      union all
      -- Stored by this one, and repeated within it: looked at only where the half above falls short.
      select event_id, topic, min(incoming.source) from incoming join stored using (event_id, topic)
      where total.received > total.stored
      group by event_id, topic
      having count(*) > 1
      limit $8::int
    ) as r
  ) as repeated,
  case when $9::boolean then (select coalesce(json_agg(first), '[]') from due) end as due,
  case when $9 then (
    select coalesce(json_agg(p.position), '[]') from (
      select min(position) as position from incoming join stored using (event_id, topic)
      group by event_id, topic
    ) as p
  ) end as positions
from total
