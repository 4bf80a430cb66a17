/**
 * What was measured, on a machine with two cores, Deno 2.9.6 and PostgreSQL 18.4: the model's only
 * numbers that are not a choice. `deno task bench` measures them again.
 */

/** Time of one thread, and of one core, for an event that comes in batches of 500 and more. */
export const COSTS_US = {
  /** The HTTP thread: reading, decoding, validating, answering 1.5; writing to the journal's files 0.4. */
  http: 1.9,
  /** Putting that on disk, on a thread of its own where it is much: 0.7 ms for an entry of 1,000 events. */
  sync: 0.7,
  /** 0.3 ms for 1,000 events. */
  read: 0.3,
  /** The statement: one connection alone applies 73,000 to 85,000 events/s, two about 140,000. */
  statement: 13.5,
} as const;

/** What 10 million rows do to the statement's rate. */
export const GROWTH = {
  /** Ids that begin with a time (UUIDv7): 103,000 to 135,000/s. */
  timeOrdered: 0.85,
  /** Random ids, `shared_buffers=4GB` and checkpoints 30 minutes apart: 51,000 to 75,000/s. */
  randomTuned: 0.45,
  /** Random ids, PostgreSQL's default settings: 47,000/s. */
  random: 1 / 3,
} as const;

/** Bytes: `deno task bench --only size`, events of 223 bytes of JSON, three in ten of them repeats. */
export const BYTES = {
  /** The event itself, as it travels. */
  json: 223,
  /** In the journal's files: its JSON and its share of a record's head; it is written once. */
  journal: 224,
  /** A row: 233 in the table, 232 in four indexes, 100 of which are the key's. */
  row: 465,
  /** The key's part of the index, for each row. */
  key: 100,
  /** PostgreSQL's log for each event received, without images of whole pages. */
  log: 506,
  page: 8192,
} as const;

/** Share of events that repeat an earlier one, in all that was measured. */
export const REPEATS = 0.3;
