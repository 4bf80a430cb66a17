/**
 * The journal's file: a SQLite database in WAL mode, one row an entry.
 *
 * The file's constraints:
 * - one writer, the journal thread; any number of readers, the consumers;
 * - a commit is on disk when it returns (`synchronous=FULL`: the log is fsynced at each commit);
 * - entry ids grow and are never used again (AUTOINCREMENT), also after all rows are gone, since
 *   PostgreSQL recognises an applied entry by its id and the journal's own.
 *
 * An entry's `json` is events separated by commas, without brackets, so that entries join by commas.
 */
import { DatabaseSync, type StatementSync } from "node:sqlite";
import type { Draft, Entry, EntryRange, JournalFile } from "./protocol.ts";

/** Version of the layout below, kept in `user_version`. */
const LAYOUT = 1;

const SCHEMA = `
  create table journal (id text not null) strict;
  create table entries (
    id          integer primary key autoincrement,
    events      integer not null,
    accepted_at integer not null,
    json        blob    not null
  ) strict;
`;

/** The writing end, for the journal thread. */
export class JournalWriter {
  /** The journal's identity, a UUID made with the file. */
  readonly id: string;
  readonly #database: DatabaseSync;
  readonly #insert: StatementSync;
  readonly #release: StatementSync;
  readonly #file: StatementSync;

  /**
   * Opens the file, or makes it.
   *
   * @param path file path; the directory must exist
   * @throws {Error} if the file is no journal, or one of a newer version
   */
  constructor(path: string) {
    // Made by us, for its owner's eyes only; SQLite gives its log the same mode.
    Deno.openSync(path, { create: true, append: true, mode: 0o600 }).close();
    this.#database = new DatabaseSync(path);
    this.#requireKnownLayout(path);
    this.#database.exec("pragma journal_mode = wal; pragma synchronous = full;");
    this.#createOnce();
    this.id = (this.#database.prepare("select id from journal").get() as { id: string }).id;
    this.#insert = this.#database.prepare(
      "insert into entries (events, accepted_at, json) values (?, ?, ?)",
    );
    this.#release = this.#database.prepare("delete from entries where id between ? and ?");
    this.#file = this.#database.prepare(`
      select
        page_count * page_size as bytes,
        coalesce((select min(id) from entries), (select seq + 1 from sqlite_sequence), 1) as oldest
      from pragma_page_count(), pragma_page_size()
    `);
  }

  get #layout(): number {
    const row = this.#database.prepare("pragma user_version").get() as { user_version: number };
    return row.user_version;
  }

  #requireKnownLayout(path: string) {
    if (this.#layout <= LAYOUT) return;
    throw new Error(`${path} has layout ${this.#layout}, this version knows ${LAYOUT}`);
  }

  #createOnce() {
    if (this.#layout === LAYOUT) return;
    this.#database.exec(`begin immediate; ${SCHEMA}`);
    this.#database.prepare("insert into journal (id) values (?)").run(crypto.randomUUID());
    this.#database.exec(`pragma user_version = ${LAYOUT}; commit;`);
  }

  /** All entries in the file, oldest first. */
  list(): Entry[] {
    return this.#database.prepare(`
      select id, events, length(json) as bytes, accepted_at as acceptedAt from entries order by id
    `).all() as unknown as Entry[];
  }

  /**
   * Writes entries and forgets others, in one commit. When it returns, both are on disk.
   *
   * @returns the new entries, in the order given
   * @throws {Error} if nothing was written, e.g. on a full disk
   */
  commit(drafts: readonly Draft[], released: readonly EntryRange[]): Entry[] {
    this.#database.exec("begin immediate");
    try {
      for (const { first, last } of released) this.#release.run(first, last);
      const entries = drafts.map(({ events, acceptedAt, json }) => {
        const { lastInsertRowid } = this.#insert.run(events, acceptedAt, json);
        return { id: Number(lastInsertRowid), events, bytes: json.length, acceptedAt };
      });
      this.#database.exec("commit");
      return entries;
    } catch (error) {
      // SQLite has already rolled back by itself where the error was severe.
      if (this.#database.isTransaction) this.#database.exec("rollback");
      throw error;
    }
  }

  /** The state of the file, its log not counted. */
  file(): JournalFile {
    return this.#file.get() as unknown as JournalFile;
  }

  close(): void {
    this.#database.close();
  }
}

/** An entry with its events. */
export interface StoredEntry {
  readonly id: number;
  readonly events: number;
  readonly acceptedAt: number;
  /** Events separated by commas. */
  readonly json: string;
}

/** The reading end, one for each consumer. */
export class JournalReader {
  readonly #database: DatabaseSync;
  readonly #read: StatementSync;

  /** @param path file path of a journal that a {@linkcode JournalWriter} has opened */
  constructor(path: string) {
    this.#database = new DatabaseSync(path, { readOnly: true });
    this.#read = this.#database.prepare(`
      select id, events, accepted_at as acceptedAt, cast(json as text) as json
      from entries where id between ? and ? order by id
    `);
  }

  /** Reads the entries of a range that the journal still holds, oldest first. */
  read({ first, last }: EntryRange): StoredEntry[] {
    return this.#read.all(first, last) as unknown as StoredEntry[];
  }

  close(): void {
    this.#database.close();
  }
}
