/**
 * What the journal's file looks like, and how one of an older version comes to look so.
 */
import { DatabaseSync } from "node:sqlite";
import { JOURNAL_LOG_BYTES, JOURNAL_PAGE_BYTES } from "./limits.ts";

/** The layout's changes, oldest first; `user_version` counts those that the file has. */
const LAYOUTS = [
  `
    create table journal (id text not null) strict;
    create table entries (
      id          integer primary key autoincrement,
      events      integer not null,
      accepted_at integer not null,
      json        blob    not null
    ) strict;
  `,
  // SQLite guards its log with checksums, but not what has left the log: crc32 is of the json, null
  // where an older version wrote it.
  `
    alter table entries add column crc32 integer;
    create table damaged_entries (
      id          integer primary key,
      events      integer not null,
      accepted_at integer not null,
      json        blob    not null,
      crc32       integer not null
    ) strict;
  `,
  // Whether its entries are applied in parts: what is applied of one that way is not told otherwise.
  `
    alter table journal add column in_parts integer not null default 0;
  `,
] as const;

/**
 * Opens the file for its writer, or makes it.
 *
 * @param path file path; the directory must exist
 * @param inParts whether its entries are applied in parts
 * @throws {Error} if it is none, or one of a newer version, or holds entries that are applied in the
 * other way
 */
export function openJournalFile(path: string, inParts: boolean): DatabaseSync {
  // Made by us, for its owner's eyes only; SQLite gives its log the same mode.
  Deno.openSync(path, { create: true, append: true, mode: 0o600 }).close();
  const database = new DatabaseSync(path);
  bringUpToDate(database);
  chooseParts(database, inParts);
  return database;
}

function bringUpToDate(database: DatabaseSync) {
  const { layout, used } = database.prepare(`
    select user_version as layout, exists (select 1 from sqlite_schema) as used
    from pragma_user_version()
  `).get() as { layout: number; used: 0 | 1 };
  if (layout > LAYOUTS.length) {
    throw new Error(`it has layout ${layout}, this version knows ${LAYOUTS.length}`);
  }
  if (layout === 0 && used === 1) throw new Error("it is the database of something else");
  // On an empty file only, since else it takes VACUUM, which is not to be had with the permissions
  // that this runs with: a file of layout 1 works on but does not shrink, and an old one keeps its pages
  // of 4 KiB.
  if (used === 0) {
    database.exec(`pragma page_size = ${JOURNAL_PAGE_BYTES}; pragma auto_vacuum = incremental`);
  }
  // Nothing more is written to a file that is up to date: it can be opened on a full disk.
  database.exec(`
    pragma journal_mode = wal;
    pragma synchronous = normal;
    pragma journal_size_limit = ${JOURNAL_LOG_BYTES};
  `);
  if (layout === LAYOUTS.length) return;
  database.exec(`begin immediate; ${LAYOUTS.slice(layout).join("")}`);
  if (layout === 0) {
    database.prepare("insert into journal (id) values (?)").run(crypto.randomUUID());
  }
  database.exec(`pragma user_version = ${LAYOUTS.length}; commit;`);
}

/** Entries are identified in one way until they are released, else they would be applied twice, or never. */
function chooseParts(database: DatabaseSync, inParts: boolean) {
  const { chosen, left } = database.prepare(`
    select in_parts as chosen, (select count(*) from entries) as left from journal
  `).get() as { chosen: 0 | 1; left: number };
  if (chosen === Number(inParts)) return;
  if (left > 0) {
    const [start, then] = inParts ? ["without", "with"] : ["with", "without"];
    throw new Error(
      `${left} entries of a run ${start} QUEUE_URL are in it: start ${start} it until nothing is pending, then ${then}`,
    );
  }
  database.prepare("update journal set in_parts = ?").run(Number(inParts));
}
