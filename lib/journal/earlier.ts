/**
 * The journal of an earlier version: a SQLite database beside the directory, `journal.db`. What it holds
 * is taken over under its own ids, by which PostgreSQL knows what of it is applied.
 */
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { crc32 } from "node:zlib";
import { reason } from "../errors.ts";
import { sizeOf, syncDirectory, writeAll } from "./files.ts";
import { encodeHead, RECORD_HEAD_BYTES, type RecordHead } from "./record.ts";
import { readOpenings } from "./recovery.ts";
import {
  encodeMark,
  encodeSegmentHead,
  listSegments,
  MARK_AT,
  SEGMENT_HEAD_BYTES,
  segmentPath,
} from "./segment.ts";

/** What one of its rows says of an entry; `crc32` is null where a version wrote it that had none. */
interface Row {
  readonly id: number;
  readonly events: number;
  readonly acceptedAt: number;
  readonly json: Uint8Array;
  readonly crc32: number | null;
}

/**
 * Makes a segment of what an earlier version left, if there is any, and removes that.
 *
 * @param directory of the journal, which exists
 * @throws {Error} if it cannot be read, or there is another journal already
 */
export function takeOver(directory: string): void {
  const path = `${directory}.db`;
  if (sizeOf(path) === undefined) return;
  try {
    using open = new DisposableStack();
    const database = open.adopt(new DatabaseSync(path), (database) => database.close());
    const { id } = database.prepare("select id from journal").get() as { id: string };
    // Taken over, but for this, where a start did not come to its end.
    if (readOpenings(directory)[0]?.head.journal !== id) copy(database, directory, id);
  } catch (error) {
    throw new Error(
      `${path} of an earlier version: ${reason(error)}. Moved elsewhere together with its -wal ` +
        "file it makes way; what it holds is then not delivered",
    );
  }
  for (const file of [path, `${path}-wal`, `${path}-shm`]) {
    if (sizeOf(file) !== undefined) Deno.removeSync(file);
  }
}

function copy(database: DatabaseSync, directory: string, journal: string) {
  if (listSegments(directory).length > 0) throw new Error("another journal is there already");
  const { last, oldest } = database.prepare(`
    select
      coalesce((select seq from sqlite_sequence), 0) as last,
      (select min(id) from entries) as oldest
  `).get() as { last: number; oldest: number | null };
  const hasColumn = (table: string, column: string) =>
    database.prepare("select 1 from pragma_table_info(?) where name = ?").get(table, column) !==
      undefined;
  const inParts = hasColumn("journal", "in_parts") &&
    database.prepare("select 1 from journal where in_parts = 1").get() !== undefined;
  const checksum = hasColumn("entries", "crc32") ? "crc32" : "null as crc32";
  const after = database.prepare(`
    select id, events, accepted_at as acceptedAt, json, ${checksum} from entries
    where id > ? order by id limit 1
  `);

  const first = oldest ?? last + 1;
  const unfinished = join(directory, "earlier");
  const options = { create: true, truncate: true, write: true, mode: 0o600 };
  using file = Deno.openSync(unfinished, options);
  writeAll(file, encodeSegmentHead({ journal, inParts, first }), 0);
  writeAll(file, encodeMark({ oldest: first, synced: last + 1 }), MARK_AT);
  file.seekSync(SEGMENT_HEAD_BYTES, Deno.SeekMode.Start);
  let id = 0;
  // One by one: `iterate()` takes an error for the end.
  for (let row; (row = after.get(id) as Row | undefined) !== undefined; id = row.id) {
    const { json, ...entry } = row;
    writeRecord(file, { ...entry, bytes: json.length, checksum: row.crc32 ?? crc32(json) });
    writeAll(file, json);
  }
  // So that the ids of entries that are gone are not used again.
  if (id < last) writeRecord(file, { id: last, acceptedAt: 0, events: 0, bytes: 0, checksum: 0 });
  file.syncSync();
  Deno.renameSync(unfinished, segmentPath(directory, first));
  syncDirectory(directory);
}

function writeRecord(file: Deno.FsFile, entry: Omit<RecordHead, "commit">) {
  const head = new Uint8Array(RECORD_HEAD_BYTES);
  encodeHead({ ...entry, commit: entry.id }, head, 0);
  writeAll(file, head);
}
