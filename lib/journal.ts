/**
 * Step 3 of the path: the journal, seen from the HTTP thread.
 *
 * Guarantees: when {@linkcode Journal.append} resolves, the events are on disk; when it rejects, they
 * are not stored. All events that arrive while a commit is running share the next one; an idle
 * journal commits at once. Releases ride along with the next commit, or get one of their own after a
 * moment's quiet: they never delay an append.
 */
import { type Place, toDrafts, toPlaces, withTraces } from "./entries.ts";
import { ProblemError, StartupError } from "./errors.ts";
import type { Fault } from "./fault.ts";
import { RELEASE_LINGER_MS } from "./limits.ts";
import { logger } from "./logger.ts";
import type { Entries, EntryRange, FromJournal, JournalFile, ToJournal } from "./protocol.ts";

const log = logger("journal");

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

  readonly #thread: Worker;
  readonly #onEntries: (entries: readonly Entries[]) => void;
  #appends: Append[] = [];
  #released: EntryRange[] = [];
  #committing: { appends: Append[]; released: EntryRange[] } | undefined;
  #releaseTimer: ReturnType<typeof setTimeout> | undefined;
  #idle: (() => void) | undefined;
  /** Why the last commit failed, if it did. */
  #trouble: string | undefined;

  private constructor(
    thread: Worker,
    opened: Extract<FromJournal, { kind: "opened" }>,
    onEntries: (entries: readonly Entries[]) => void,
  ) {
    this.#thread = thread;
    this.id = opened.journal;
    this.leftover = opened.entries;
    this.next = opened.next;
    this.file = opened.file;
    this.#onEntries = onEntries;
  }

  /**
   * Opens the journal in a thread of its own.
   *
   * @param path file path; the directory must exist
   * @param on `entries`: called with new entries once they are on disk, before their appends resolve;
   * `failure`: called if the thread ends by itself, after which nothing can be promised any more
   * @param options `inParts`: whether its entries are applied in parts; `fault`: armed in the thread
   * @throws {StartupError} if the file cannot be opened
   */
  static async open(
    path: string,
    on: { entries(entries: readonly Entries[]): void; failure(error: Error): void },
    { inParts = false, fault }: { inParts?: boolean; fault?: Fault | undefined } = {},
  ): Promise<Journal> {
    const thread = new Worker(new URL("../workers/journal.ts", import.meta.url), {
      type: "module",
      name: "journal",
    });
    const answered = Promise.withResolvers<FromJournal>();
    thread.onmessage = ({ data }) => answered.resolve(data);
    post(thread, { kind: "open", path, inParts, fault });
    const answer = await answered.promise;
    if (answer.kind !== "opened") {
      thread.terminate();
      throw new StartupError(`Cannot open the journal ${path}: ${whyRefused(answer)}`);
    }
    for (const { first, events, acceptedAt } of answer.damaged) {
      log.error(
        "Entry {first} ({events} events, accepted {at}) is damaged; it is set aside in {path}, table damaged_entries",
        { first, events, at: new Date(acceptedAt).toISOString(), path },
      );
    }
    const journal = new Journal(thread, answer, on.entries);
    thread.onmessage = ({ data }) => journal.#onAnswer(data);
    thread.onerror = (event) => {
      event.preventDefault();
      on.failure(new Error(`The journal thread ended: ${event.message}`));
    };
    return journal;
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
    this.#commit();
    return promise;
  }

  /** Lets the journal forget entries that PostgreSQL holds. */
  release(entries: EntryRange): void {
    this.#released.push(entries);
    this.#commitSoon();
  }

  /** Resolves once every append is answered. */
  async idle(): Promise<void> {
    while (this.#committing !== undefined) {
      await new Promise<void>((resolve) => this.#idle = resolve);
    }
  }

  /** Commits what is waiting, once, and closes the file. */
  async close(): Promise<void> {
    await this.idle();
    this.#commit();
    await this.idle();
    clearTimeout(this.#releaseTimer);
    const closed = Promise.withResolvers<void>();
    this.#thread.onmessage = () => closed.resolve();
    post(this.#thread, { kind: "close" });
    await closed.promise;
  }

  #commitSoon() {
    this.#releaseTimer ??= setTimeout(() => {
      this.#releaseTimer = undefined;
      this.#commit();
    }, RELEASE_LINGER_MS);
  }

  #commit() {
    if (this.#committing !== undefined) return;
    const toWrite = this.#appends.length + this.#released.length;
    if (toWrite === 0 && !this.file.shrinkable) return;
    const released = this.#released;
    const drafts = toDrafts(this.#appends, Date.now());
    this.#committing = { appends: this.#appends, released };
    this.#appends = [];
    this.#released = [];
    post(this.#thread, { kind: "commit", drafts, released }, drafts.map(({ json }) => json.buffer));
  }

  #onAnswer(answer: FromJournal) {
    const { appends, released } = this.#committing!;
    this.#committing = undefined;
    if (answer.kind === "committed") {
      // That releases can be written says nothing yet: they may go where entries may not.
      if (appends.length > 0) this.#noteTrouble(undefined);
      this.file = answer.file;
      if (answer.file.shrinkable) this.#commitSoon();
      const places = toPlaces(appends, answer.entries);
      if (answer.entries.length > 0) {
        const entries = withWaited(answer.entries, appends, places);
        this.#onEntries(withTraces(entries, appends, places));
      }
      for (const [at, { resolve }] of appends.entries()) resolve(places[at]!);
    } else if (answer.kind === "failed") {
      this.#noteTrouble(answer.message);
      const error = toProblem(answer);
      for (const { reject } of appends) reject(error);
      for (const entries of released) this.release(entries);
    }
    if (this.#appends.length > 0) this.#commit();
    else this.#idle?.();
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

function whyRefused(answer: FromJournal): string {
  if (answer.kind !== "refused") return "no answer";
  if (!answer.corrupt) return answer.message;
  return `${answer.message}. Moved elsewhere together with its -wal file it makes way for a new one; ` +
    "what it holds is then not delivered";
}

function toProblem({ full, message }: Extract<FromJournal, { kind: "failed" }>): ProblemError {
  return full
    ? new ProblemError("journal-full", "No room left on the disk of the journal", {
      headers: { "retry-after": "5" },
    })
    : new ProblemError("journal-unavailable", message, { headers: { "retry-after": "1" } });
}

function post(thread: Worker, message: ToJournal, transfer: Transferable[] = []) {
  thread.postMessage(message, transfer);
}
