-- Events by event time: pages in that order, and time ranges that do not read everything.
create index processed_events_timestamp_seq_idx on processed_events (timestamp, seq);
