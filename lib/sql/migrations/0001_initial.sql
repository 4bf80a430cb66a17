-- The store: events kept exactly once, counters that change in the same transaction.

-- One row per key. Key columns collate "C": bytewise comparison is the cheapest, and the consumers
-- sort deliveries the same way. `seq` is the order of arrival, the page key of every listing.
create table processed_events (
  event_id    text        collate "C" not null,
  topic       text        collate "C" not null,
  timestamp   timestamptz not null,
  source      text        not null,
  payload     jsonb       not null,
  received_at timestamptz not null,
  seq         bigint      generated always as identity,
  constraint processed_events_pkey primary key (event_id, topic)
);
create index processed_events_seq_idx on processed_events (seq);
create index processed_events_topic_seq_idx on processed_events (topic, seq);

-- Totals, one row a shard (a shard is the consumer that wrote it), so that consumers never wait for
-- each other's row. Half-empty pages keep the updates on the same page, away from the index.
create table aggregator_stats (
  shard             integer not null,
  received          bigint  not null,
  unique_processed  bigint  not null,
  duplicate_dropped bigint  not null,
  dead_lettered     bigint  not null default 0,
  constraint aggregator_stats_pkey primary key (shard)
) with (fillfactor = 50);

-- The same counters by topic.
create table topic_stats (
  topic             text        collate "C" not null,
  shard             integer     not null,
  received          bigint      not null,
  unique_processed  bigint      not null,
  duplicate_dropped bigint      not null,
  dead_lettered     bigint      not null default 0,
  first_seen        timestamptz not null,
  last_seen         timestamptz not null,
  constraint topic_stats_pkey primary key (topic, shard)
) with (fillfactor = 50);

-- Journal entries whose events are in the tables above, so that an entry delivered again after a
-- crash between COMMIT and ack counts nothing. Pruned once the journal has released them.
create table applied_entries (
  journal uuid   not null,
  entry   bigint not null,
  constraint applied_entries_pkey primary key (journal, entry)
);

-- Events that PostgreSQL refused, with its reason, so that one event never blocks its neighbours.
create table dead_letters (
  id          bigint      generated always as identity,
  event_id    text        not null,
  topic       text        not null,
  event       text        not null,
  error       text        not null,
  received_at timestamptz not null,
  failed_at   timestamptz not null default now(),
  constraint dead_letters_pkey primary key (id)
);
