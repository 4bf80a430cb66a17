/**
 * Step 3 of the path: the journal.
 *
 * Guarantees: when {@linkcode Journal.append} resolves, the events are on disk; when it rejects, they
 * are not stored. All requests that have been read by then share a commit, and all that arrive while
 * one is synced share the next. Releases ride along, or get a commit of their own after a moment's
 * quiet: they never delay an append.
 */
import { setImmediate } from "node:timers";
import { type Place, toDrafts, toPlaces, withTraces } from "./entries.ts";
import { ProblemError, reason, StartupError } from "./errors.ts";
import { passBy } from "./fault.ts";
import { isCorrupt, isFull } from "./journal_disk.ts";
import { type JournalFile, JournalWriter } from "./journal_store.ts";
import { RELEASE_LINGER_MS } from "./limits.ts";
import { logger } from "./logger.ts";
import type { Entries, EntryRange } from "./protocol.ts";

const log = logger("journal");

/** Who is told what becomes of a journal. */
export interface JournalEvents {
  /** New entries are on disk; their appends have not resolved yet. */
  entries(entries: readonly Entries[]): void;
  /** The disk failed in the midst of a sync: nothing can be promised any more. */
  failure(error: Error): void;
}

/** One request's events on their way into the journal. */
interface Append {
  readonly events: number;
  readonly json: Uint8Array;
  readonly waited: boolean;
  readonly trace: string | undefined;
  readonly resolve: (place: Place) => void;
  readonly reject: (error: Error) => void;
}

export class Journal {
  /** The journal's identity, a UUID. */
  readonly id: string;
  /** What an earlier run left, oldest first. */
  readonly leftover: readonly Entries[];
  /** Id of the first entry that this run will make. */
  readonly next: number;
  /** The state of the file as of the last commit. */
  file: JournalFile;

  readonly #writer: JournalWriter;
  readonly #on: JournalEvents;
  #appends: Append[] = [];
  #released: EntryRange[] = [];
  /** Whether a commit is due or under way. */
  #isBusy = false;
  #releaseTimer: ReturnType<typeof setTimeout> | undefined;
  #idle: (() => void) | undefined;
  /** Why the last commit failed, if it did. */
  #trouble: string | undefined;

  private constructor(writer: JournalWriter, on: JournalEvents) {
    this.#writer = writer;
    this.#on = on;
    this.id = writer.id;
    this.leftover = writer.list();
    this.next = writer.next;
    this.file = writer.file();
  }

  /**
   * Opens the journal, and sets aside what in it is damaged.
   *
   * @param path file path; the directory must exist
   * @param inParts whether its entries are applied in parts
   * @throws {StartupError} if the file cannot be opened
   */
  static async open(path: string, on: JournalEvents, inParts = false): Promise<Journal> {
    try {
      const writer = new JournalWriter(path, inParts);
      for (const { first, events, acceptedAt } of writer.setDamagedAside()) {
        log.error(
          "Entry {first} ({events} events, accepted {at}) is damaged; it is set aside in {path}, table damaged_entries",
          { first, events, at: new Date(acceptedAt).toISOString(), path },
        );
      }
      await writer.sync();
      return new Journal(writer, on);
    } catch (error) {
      throw new StartupError(`Cannot open the journal ${path}: ${whyRefused(error)}`);
    }
  }

  /**
   * Writes the events of one request.
   *
   * @param events how many there are, at least 1
   * @param json them as JSON, separated by commas; not to be changed afterwards
   * @param waited whether someone will wait for their verdicts
   * @param trace the request's `traceparent`, where it is traced
   * @returns where they stand
   * @throws {ProblemError} 507 if the disk is full, 503 if it cannot be written otherwise
   */
  append(
    events: number,
    json: Uint8Array,
    waited = false,
    trace: string | undefined = undefined,
  ): Promise<Place> {
    const { promise, resolve, reject } = Promise.withResolvers<Place>();
    this.#appends.push({ events, json, waited, trace, resolve, reject });
    this.#commitNext();
    return promise;
  }

  /** Lets the journal forget entries that PostgreSQL holds. */
  release(entries: EntryRange): void {
    this.#released.push(entries);
    this.#commitSoon();
  }

  /** Resolves once every append is answered. */
  async idle(): Promise<void> {
    while (this.#isBusy) await new Promise<void>((resolve) => this.#idle = resolve);
  }

  /** Commits what is waiting, once, and closes the file. */
  async close(): Promise<void> {
    await this.idle();
    this.#commitNext();
    await this.idle();
    clearTimeout(this.#releaseTimer);
    this.#writer.close();
  }

  #commitSoon() {
    this.#releaseTimer ??= setTimeout(() => {
      this.#releaseTimer = undefined;
      this.#commitNext();
    }, RELEASE_LINGER_MS);
  }

  /** Commits as soon as the requests that are here by now have been read, so that they share a sync. */
  #commitNext() {
    if (this.#isBusy) return;
    this.#isBusy = true;
    setImmediate(() => this.#commit());
  }

  async #commit() {
    const appends = this.#appends;
    const released = this.#released;
    this.#appends = [];
    this.#released = [];
    const entries = this.#write(appends, released);
    if (entries !== undefined) {
      try {
        await this.#writer.sync();
      } catch (error) {
        // Whether they are on disk cannot be known, so nobody is told anything.
        return this.#on.failure(new Error(`The journal cannot be synced: ${reason(error)}`));
      }
      this.#tell(appends, released, entries);
    }
    this.#isBusy = false;
    if (this.#appends.length > 0) this.#commitNext();
    else this.#idle?.();
  }

  /** Writes to the file; where that fails, says so to those who append, and answers undefined. */
  #write(
    appends: readonly Append[],
    released: readonly EntryRange[],
  ): readonly Entries[] | undefined {
    try {
      return this.#writer.commit(toDrafts(appends, Date.now()), released);
    } catch (error) {
      this.#noteTrouble(reason(error));
      const problem = toProblem(error);
      for (const { reject } of appends) reject(problem);
      for (const entries of released) this.release(entries);
    }
  }

  /** Says what is on disk. */
  #tell(
    appends: readonly Append[],
    released: readonly EntryRange[],
    entries: readonly Entries[],
  ) {
    if (appends.length > 0) passBy("journaled");
    if (released.length > 0) passBy("released");
    // That releases can be written says nothing yet: they may go where entries may not.
    if (appends.length > 0) this.#noteTrouble(undefined);
    this.file = this.#writer.file();
    if (this.file.shrinkable) this.#commitSoon();
    if (appends.length === 0) return;
    const places = toPlaces(appends, entries);
    this.#on.entries(withTraces(withWaited(entries, appends, places), appends, places));
    for (const [at, { resolve }] of appends.entries()) resolve(places[at]!);
  }

  /** Says once that commits fail, and once that they succeed again. */
  #noteTrouble(trouble: string | undefined) {
    if (trouble !== undefined && this.#trouble === undefined) {
      log.error("Cannot write to the journal, publishing is refused: {trouble}", { trouble });
    } else if (trouble === undefined && this.#trouble !== undefined) {
      log.info("The journal can be written to again");
    }
    this.#trouble = trouble;
  }
}

/** Entries that know which of them are waited for. */
function withWaited(
  entries: readonly Entries[],
  appends: readonly Append[],
  places: readonly Place[],
): readonly Entries[] {
  const waited = new Set(places.filter((_, at) => appends[at]!.waited).map(({ entry }) => entry));
  if (waited.size === 0) return entries;
  return entries.map((entry) =>
    waited.has(entry.first) ? { ...entry, waited: [entry.first] } : entry
  );
}

function whyRefused(error: unknown): string {
  const why = reason(error);
  if (!isCorrupt(error)) return why;
  return `${why}. Moved elsewhere together with its -wal file it makes way for a new one; ` +
    "what it holds is then not delivered";
}

function toProblem(error: unknown): ProblemError {
  return isFull(error)
    ? new ProblemError("journal-full", "No room left on the disk of the journal", {
      headers: { "retry-after": "5" },
    })
    : new ProblemError("journal-unavailable", reason(error), { headers: { "retry-after": "1" } });
}
