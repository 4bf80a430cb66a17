/**
 * What an event takes: in the table, in each index, in PostgreSQL's log, in the journal.
 */
import { join } from "node:path";
import { Journal } from "../../lib/journal.ts";
import type { Sql } from "../../lib/sql/connect.ts";
import { closedLoop } from "./client.ts";
import { fill } from "./growth.ts";
import type { Ids } from "./load.ts";
import type { Gatherer } from "./results.ts";
import { Rig } from "./rig.ts";

const BATCH = { size: 500, connections: 8, events: 200_000 };

/** Rows with which the log is measured once more: each page then goes into it after a checkpoint. */
const MANY_ROWS = 2_000_000;

/** All of it once, on instances of their own. */
export async function measureSize(seed: string, results: Gatherer, say: (line: string) => void) {
  for (const ids of ["time-ordered", "random"] as const) {
    await using rig = await Rig.start(`${seed}/${ids}`);
    say(`size: ${ids} ids`);
    await measureLog(rig, results, `${ids} ids`, ids);
    const stored = await measureRows(rig, results, `${ids} ids`);
    say(`size: ${MANY_ROWS.toLocaleString("en")} rows, ${ids} ids`);
    await fill(rig, stored, MANY_ROWS, ids);
    await measureLog(rig, results, `${MANY_ROWS.toLocaleString("en")} rows, ${ids} ids`, ids);
    if (ids === "time-ordered") await measureJournal(rig, results);
  }
}

/** Bytes of PostgreSQL's log, from one checkpoint on, for each event received. */
async function measureLog(rig: Rig, results: Gatherer, name: string, ids: Ids) {
  const requests = rig.loads.requests(rig.url, BATCH.events, BATCH.size, ids);
  const sql = await rig.instance.connect();
  const before = await readLog(sql);
  await closedLoop(rig.url, requests, BATCH.connections);
  await rig.settled();
  const after = await readLog(sql);
  await sql.end({ timeout: 0 });
  const add = (what: string, bytes: number) =>
    results.add(`${name}: ${what}`, "bytes/event", bytes / BATCH.events);
  add("PostgreSQL's log", after.bytes - before.bytes);
  add("of it images of whole pages, at most", after.images - before.images);
}

/** Bytes of the log so far, and of whole pages in it before their holes are left out. */
async function readLog(sql: Sql): Promise<{ bytes: number; images: number }> {
  const [row] = await sql<[{ bytes: number; images: number }]>`
    select
      pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0')::bigint as bytes,
      (select wal_fpi * current_setting('block_size')::bigint from pg_stat_wal) as images`;
  return row;
}

/** Bytes of the table and its indexes for each row. Answers how many rows there are. */
async function measureRows(rig: Rig, results: Gatherer, name: string): Promise<number> {
  const sql = await rig.instance.connect();
  const [{ stored }] = await sql<[{ stored: number }]>`
    select count(*) as stored from processed_events`;
  const relations = await sql<{ name: string; bytes: number }[]>`
    select 'processed_events' as name, pg_table_size('processed_events')::bigint as bytes
    union all
    select indexrelid::regclass::text, pg_relation_size(indexrelid)::bigint
    from pg_index where indrelid = 'processed_events'::regclass`;
  await sql.end({ timeout: 0 });
  const sum = relations.reduce((sum, { bytes }) => sum + bytes, 0);
  for (const relation of [...relations, { name: "table and indexes", bytes: sum }]) {
    results.add(`${name}: ${relation.name}`, "bytes/row", relation.bytes / stored);
  }
  return stored;
}

/** Bytes of the journal's files for each pending event, and of its JSON. */
async function measureJournal(rig: Rig, results: Gatherer) {
  const encoder = new TextEncoder();
  const entries = rig.loads.bodies(BATCH.events, BATCH.size).map((body) =>
    encoder.encode(body.slice(1, -1))
  );
  const json = entries.reduce((sum, { length }) => sum + length, 0);
  const directory = await Deno.makeTempDir({ prefix: "sekali-bench-" });
  try {
    const journal = await Journal.open(join(directory, "journal"), {
      entries: () => {},
      failure: (error) => {
        throw error;
      },
    });
    await Promise.all(entries.map((entry) => journal.append(BATCH.size, entry)));
    const { bytes } = journal.file;
    await journal.close();
    results.add("JSON of an event", "bytes/event", json / BATCH.events);
    results.add("journal's files", "bytes/event", bytes / BATCH.events);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}
