/**
 * Step 3 of the path: the journal.
 *
 * Guarantees: when {@linkcode Journal.append} resolves, the events are on disk; when it rejects, they
 * are not stored. All requests that have been read by then share a commit, and all that arrive while
 * one is synced share the next.
 */
import { setImmediate } from "node:timers";
import { type Place, toDrafts, toPlaces, withTraces } from "./entries.ts";
import { ProblemError, reason, StartupError } from "./errors.ts";
import { passBy } from "./fault.ts";
import { isFull } from "./journal/disk.ts";
import { COMMIT_BYTES } from "./journal/limits.ts";
import { type JournalFile, JournalWriter } from "./journal/writer.ts";
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
  readonly #writer: JournalWriter;
  readonly #on: JournalEvents;
  #appends: Append[] = [];
  /** Whether a commit is due or under way. */
  #isBusy = false;
  #idle: (() => void) | undefined;
  /** Why the last commit failed, if it did. */
  #trouble: string | undefined;

  private constructor(writer: JournalWriter, on: JournalEvents) {
    this.#writer = writer;
    this.#on = on;
    this.id = writer.id;
    this.leftover = writer.leftover;
    this.next = writer.next;
  }

  /** The state of its files. */
  get file(): JournalFile {
    return this.#writer.file;
  }

  /**
   * Opens the journal, and sets aside what in it is damaged.
   *
   * @param path of its directory, whose parent must exist
   * @param inParts whether its entries are applied in parts
   * @throws {StartupError} if it cannot be opened
   */
  static async open(path: string, on: JournalEvents, inParts = false): Promise<Journal> {
    try {
      const writer = await JournalWriter.open(path, inParts);
      for (const { id, events, acceptedAt, path } of writer.damaged) {
        log.error("Entry {id} ({what}) is damaged; what is left of it is set aside in {path}", {
          id,
          what: acceptedAt === undefined
            ? "its size is not known"
            : `${events} events, accepted ${new Date(acceptedAt).toISOString()}`,
          path,
        });
      }
      return new Journal(writer, on);
    } catch (error) {
      throw new StartupError(`Cannot open the journal ${path}: ${reason(error)}`);
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

  /** Lets the journal forget entries that PostgreSQL holds, each of them once. */
  release(entries: EntryRange): void {
    this.#writer.release(entries);
    passBy("released");
  }

  /** Resolves once every append is answered. */
  async idle(): Promise<void> {
    while (this.#isBusy) await new Promise<void>((resolve) => this.#idle = resolve);
  }

  /** Commits what is waiting, and closes the files. */
  async close(): Promise<void> {
    await this.idle();
    await this.#writer.close();
  }

  /** Commits as soon as the requests that are here by now have been read, so that they share a sync. */
  #commitNext() {
    if (this.#isBusy) return;
    this.#isBusy = true;
    setImmediate(() => this.#commit());
  }

  async #commit() {
    const appends = this.#take();
    const entries = this.#write(appends);
    if (entries !== undefined) {
      try {
        await this.#writer.sync();
      } catch (error) {
        // Whether they are on disk cannot be known, so nobody is told anything.
        return this.#on.failure(new Error(`The journal cannot be synced: ${reason(error)}`));
      }
      this.#tell(appends, entries);
    }
    this.#isBusy = false;
    if (this.#appends.length > 0) this.#commitNext();
    else this.#idle?.();
  }

  /** Takes what goes into one commit. */
  #take(): Append[] {
    let bytes = 0;
    const left = this.#appends.findIndex(({ json }) => (bytes += json.length) > COMMIT_BYTES);
    return this.#appends.splice(0, left < 0 ? Infinity : Math.max(left, 1));
  }

  /** Writes to the files; where that fails, says so to those who append, and answers undefined. */
  #write(appends: readonly Append[]): readonly Entries[] | undefined {
    try {
      return this.#writer.commit(toDrafts(appends, Date.now()));
    } catch (error) {
      this.#noteTrouble(reason(error));
      const problem = toProblem(error);
      for (const { reject } of appends) reject(problem);
    }
  }

  /** Says what is on disk. */
  #tell(appends: readonly Append[], entries: readonly Entries[]) {
    passBy("journaled");
    this.#noteTrouble(undefined);
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

function toProblem(error: unknown): ProblemError {
  return isFull(error)
    ? new ProblemError("journal-full", "No room left on the disk of the journal", {
      headers: { "retry-after": "5" },
    })
    : new ProblemError("journal-unavailable", reason(error), { headers: { "retry-after": "1" } });
}
