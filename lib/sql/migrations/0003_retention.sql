-- What has outlived its retention and was deleted, by topic: changed in the transaction that deletes.
-- Every key that was received after `expired_until` is still there. `processed_events` has no index on
-- `received_at`: events are deleted in their order of arrival, by the index on (topic, seq).
create table expired_events (
  topic         text        collate "C" not null,
  expired       bigint      not null,
  expired_until timestamptz not null,
  constraint expired_events_pkey primary key (topic)
) with (fillfactor = 50);

create index dead_letters_topic_failed_at_idx on dead_letters ((topic collate "C"), failed_at);
