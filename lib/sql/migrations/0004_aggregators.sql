-- Who writes to this store: a row an aggregator, known by its journal, kept up to date by its heartbeat.
-- Half-empty pages keep the updates on the same page.
create table aggregators (
  journal       uuid        not null,
  -- Tells which shards of the counters its consumers add to: 16 a slot. Two aggregators with the same
  -- slot would be as right, and wait for each other's rows.
  slot          integer     not null,
  name          text        not null,
  address       text,
  started_at    timestamptz not null default now(),
  seen_at       timestamptz not null default now(),
  draining      boolean     not null default false,
  pending       bigint      not null default 0,
  pending_bytes bigint      not null default 0,
  lag_ms        bigint      not null default 0,
  journal_bytes bigint      not null default 0,
  constraint aggregators_pkey primary key (journal)
) with (fillfactor = 50);
