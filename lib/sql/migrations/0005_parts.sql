-- Parts of entries, and how far each journal's entries are known to be applied without a row of each.

-- An entry that goes through a stream is applied in parts, numbered from 1; part 0 is all of it.
alter table applied_entries add column part integer not null default 0;
alter table applied_entries drop constraint applied_entries_pkey;
alter table applied_entries add constraint applied_entries_pkey primary key (journal, entry, part);

-- Entries below `settled` are applied, for ever: a message with one of them that a stream delivers
-- again, however late, changes nothing. Their rows are deleted when no statement that began before
-- runs any more.
create table journals (
  journal uuid   not null,
  settled bigint not null,
  constraint journals_pkey primary key (journal)
);
