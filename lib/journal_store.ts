/**
 * The journal's file: a SQLite database in WAL mode, one row an entry.
 *
 * The file's constraints:
 * - one writer, the HTTP thread; any number of readers, the consumers;
 * - a commit is on disk once the log is synced after it. That is done here, not by SQLite
 *   (`synchronous=NORMAL`: it syncs the log only before it goes into the file), which would do it with
 *   `fsync`, where `fdatasync` will do, and always in place;
 * - of a commit that a crash cut short, SQLite finds the checksum wrong at the next opening and forgets
 *   it whole;
 * - entry ids grow and are never used again (AUTOINCREMENT), also after all rows are gone, since
 *   PostgreSQL recognises an applied entry by its id and the journal's own;
 * - released entries leave free pages, which new ones fill; once all are released, the file shrinks
 *   step by step to a reserve. While some are not, pages would have to be moved, which costs tens of
 *   milliseconds;
 * - entries stop short of the end of the disk: a release needs room in the log, too, and on a disk
 *   filled to the last page none could ever be written.
 *
 * An entry's `json` is events separated by commas, without brackets, so that entries join by commas.
 */
import type { DatabaseSync, StatementSync } from "node:sqlite";
import { crc32 } from "node:zlib";
import { type Draft, pushEntries } from "./entries.ts";
import { DiskFullError, isFull, roomOnDisk } from "./journal_disk.ts";
import { openJournalFile } from "./journal_layout.ts";
import { JournalLog } from "./journal_log.ts";
import {
  JOURNAL_LOOK_MS,
  JOURNAL_RESERVE_BYTES,
  JOURNAL_SHRINK_PAGES,
  JOURNAL_SPARE_PAGES,
} from "./limits.ts";
import type { Entries, EntryRange } from "./protocol.ts";

/** The state of the journal's file after a commit. */
export interface JournalFile {
  readonly bytes: number;
  /** All entries below this id are released. */
  readonly oldest: number;
  /** Whether another commit, be it an empty one, would make it smaller. */
  readonly shrinkable: boolean;
}

/** The writing end; `journal_reader.ts` is the other. */
export class JournalWriter {
  /** The journal's identity, a UUID made with the file. */
  readonly id: string;
  readonly #path: string;
  readonly #database: DatabaseSync;
  readonly #log: JournalLog;
  /** Prepared, all of them: an error of `exec` does not say of which kind it is. */
  readonly #begin: StatementSync;
  readonly #commit: StatementSync;
  readonly #rollback: StatementSync;
  readonly #insert: StatementSync;
  readonly #release: StatementSync;
  readonly #readState: StatementSync;
  /** Of the file, as of the last look. */
  #state!: FileState;
  #lookedAt = 0;
  /** Size of the entries that were written since. */
  #writtenBytes = 0;
  /** The same since the last sync. */
  #unsyncedBytes = 0;

  /**
   * Opens the file, or makes it; one of an older version is brought up to date.
   *
   * @param path file path; the directory must exist
   * @param inParts whether its entries are applied in parts, as with `QUEUE_URL`
   * @throws {Error} if the file is no journal, or one of a newer version, or holds entries that are
   * applied in the other way
   */
  constructor(path: string, inParts = false) {
    this.#path = path;
    this.#database = openJournalFile(path, inParts);
    this.id = (this.#database.prepare("select id from journal").get() as { id: string }).id;
    this.#log = new JournalLog(`${path}-wal`);
    this.#begin = this.#database.prepare("begin immediate");
    this.#commit = this.#database.prepare("commit");
    this.#rollback = this.#database.prepare("rollback");
    this.#insert = this.#database.prepare(
      "insert into entries (events, accepted_at, json, crc32) values (?, ?, ?, ?)",
    );
    this.#release = this.#database.prepare("delete from entries where id between ? and ?");
    this.#readState = this.#database.prepare(`
      select
        page_count * page_size as bytes,
        coalesce((select min(id) from entries), (select seq + 1 from sqlite_sequence), 1) as oldest,
        freelist_count as freePages,
        freelist_count * page_size as freeBytes,
        auto_vacuum > 0 and freelist_count > ${JOURNAL_SPARE_PAGES}
          and not exists (select 1 from entries) as shrinkable
      from pragma_page_count(), pragma_page_size(), pragma_freelist_count(), pragma_auto_vacuum()
    `);
    this.#look();
  }

  /** Id of the next entry. */
  get next(): number {
    const row = this.#database.prepare(
      "select coalesce((select seq from sqlite_sequence), 0) + 1 as next",
    ).get();
    return (row as { next: number }).next;
  }

  /** All entries in the file, oldest first, neighbours joined to what makes one delivery. */
  list(): Entries[] {
    const entries: Entries[] = [];
    for (const next of this.#rows<Entries>("", 1_000)) pushEntries(entries, next);
    return entries;
  }

  /**
   * Takes entries whose events are no longer what was written out of the way, into `damaged_entries`.
   * Reads the whole file.
   *
   * @returns them
   */
  setDamagedAside(): Entries[] {
    const damaged: Entries[] = [];
    for (const { json, crc32: expected, ...entry } of this.#rows<WholeEntry>(", json, crc32", 1)) {
      if (expected !== null && crc32(json) !== expected) damaged.push(entry);
    }
    const setAside = this.#database.prepare(`
      insert into damaged_entries (id, events, accepted_at, json, crc32)
      select id, events, accepted_at, json, crc32 from entries where id = ?
    `);
    this.#transaction(() => {
      for (const { first } of damaged) {
        setAside.run(first);
        this.#release.run(first, first);
      }
    });
    this.#look();
    return damaged;
  }

  /**
   * Reads the entries, a few at a time. Not with `iterate()`, which takes an error for the end: of a
   * broken file it would give the first entries and say nothing.
   */
  *#rows<Row extends Entries>(columns: string, atATime: number): Iterable<Row> {
    const query = this.#database.prepare(`
      select id as first, id as last, events, length(json) as bytes, accepted_at as acceptedAt ${columns}
      from entries where id > ? order by id limit ?
    `);
    for (let after = 0;;) {
      const rows = query.all(after, atATime) as unknown as Row[];
      yield* rows;
      if (rows.length < atATime) return;
      after = rows.at(-1)!.last;
    }
  }

  /**
   * Writes entries and forgets others, in one commit, which is on disk after the next
   * {@linkcode JournalWriter.sync}.
   *
   * @returns the new entries, one for each draft
   * @throws {Error} if no entry was written, e.g. on a full disk; others are perhaps forgotten
   */
  commit(drafts: readonly Draft[], released: readonly EntryRange[]): Entries[] {
    try {
      if (drafts.length > 0) this.#requireRoom(drafts);
      return this.#transaction(() => {
        this.#forget(released);
        return drafts.map((draft) => this.#write(draft));
      });
    } catch (error) {
      // What makes room does not wait for what needs it.
      if (isFull(error)) this.#transaction(() => this.#forget(released));
      throw error;
    } finally {
      this.#lookAgain(released.length > 0);
    }
  }

  /**
   * Puts all commits on disk.
   *
   * @returns when they are; undefined where they are already
   * @throws {Error} if the disk fails: nothing can be promised then any more
   */
  sync(): Promise<void> | undefined {
    const bytes = this.#unsyncedBytes;
    this.#unsyncedBytes = 0;
    return this.#log.sync(bytes);
  }

  /** Each byte takes room twice: in the log, and in the file. */
  #requireRoom(drafts: readonly Draft[]) {
    const bytes = drafts.reduce((sum, { json }) => sum + json.length, 0);
    const freeBytes = Math.max(this.#state.freeBytes - this.#writtenBytes, 0);
    const left = roomOnDisk(this.#path) + freeBytes - 2 * bytes;
    if (left >= JOURNAL_RESERVE_BYTES) return;
    throw new DiskFullError(`of the disk ${JOURNAL_RESERVE_BYTES} bytes would not be left free`);
  }

  #write({ events, acceptedAt, json }: Draft): Entries {
    const { lastInsertRowid } = this.#insert.run(events, acceptedAt, json, crc32(json));
    const id = Number(lastInsertRowid);
    this.#writtenBytes += json.length;
    this.#unsyncedBytes += json.length;
    return { first: id, last: id, events, bytes: json.length, acceptedAt };
  }

  #forget(released: readonly EntryRange[]) {
    for (const { first, last } of released) this.#release.run(first, last);
    this.#shrink();
  }

  #shrink() {
    const { shrinkable, freePages } = this.#state;
    if (shrinkable === 0) return;
    const pages = Math.min(freePages - JOURNAL_SPARE_PAGES, JOURNAL_SHRINK_PAGES);
    // One page a step: all steps have to be taken.
    this.#database.prepare(`pragma incremental_vacuum(${pages})`).all();
  }

  #transaction<Result>(work: () => Result): Result {
    this.#begin.run();
    try {
      const result = work();
      this.#commit.run();
      return result;
    } catch (error) {
      // SQLite has already rolled back by itself where the error was severe.
      if (this.#database.isTransaction) this.#rollback.run();
      throw error;
    }
  }

  /**
   * Looks at the file where it may be another than at the last look. That it has grown by new entries
   * may be noticed a little later: to look costs as much as a small commit.
   */
  #lookAgain(hasForgotten: boolean) {
    const isDue = performance.now() - this.#lookedAt >= JOURNAL_LOOK_MS;
    if (hasForgotten || this.#state.shrinkable === 1 || isDue) this.#look();
  }

  #look() {
    this.#state = this.#readState.get() as unknown as FileState;
    this.#lookedAt = performance.now();
    this.#writtenBytes = 0;
  }

  /** The state of the file, its log not counted: of the last look, grown by what was written since. */
  file(): JournalFile {
    const { bytes, freeBytes, oldest, shrinkable } = this.#state;
    const grownBytes = Math.max(this.#writtenBytes - freeBytes, 0);
    return { bytes: bytes + grownBytes, oldest, shrinkable: shrinkable === 1 };
  }

  close(): void {
    this.#log.close();
    this.#database.close();
  }
}

interface FileState {
  readonly bytes: number;
  readonly oldest: number;
  readonly freePages: number;
  readonly freeBytes: number;
  readonly shrinkable: 0 | 1;
}

interface WholeEntry extends Entries {
  readonly json: Uint8Array;
  readonly crc32: number | null;
}
