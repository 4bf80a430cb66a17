/**
 * Step 3 of the path: the journal, seen from the HTTP thread.
 *
 * Guarantees: when {@linkcode Journal.append} resolves, the events are on disk; when it rejects, they
 * are not stored. All events that arrive while a commit is running share the next one; an idle
 * journal commits at once. Releases ride along with the next commit, or get one of their own after a
 * moment's quiet: they never delay an append.
 */
import { ProblemError, StartupError } from "./errors.ts";
import { MAX_ENTRY_BYTES, MAX_ENTRY_EVENTS, RELEASE_LINGER_MS } from "./limits.ts";
import type { Draft, Entry, EntryRange, FromJournal, JournalFile, ToJournal } from "./protocol.ts";

/** One request's events on their way into the journal. */
interface Append {
  readonly events: number;
  readonly json: Uint8Array;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

export class Journal {
  /** The journal's identity, a UUID. */
  readonly id: string;
  /** What an earlier run left, oldest first. */
  readonly leftover: readonly Entry[];
  /** The state of the file as of the last commit. */
  file: JournalFile;

  readonly #thread: Worker;
  readonly #onEntries: (entries: readonly Entry[]) => void;
  #appends: Append[] = [];
  #released: EntryRange[] = [];
  #committing: { appends: Append[]; released: EntryRange[] } | undefined;
  #releaseTimer: ReturnType<typeof setTimeout> | undefined;
  #idle: (() => void) | undefined;

  private constructor(
    thread: Worker,
    opened: Extract<FromJournal, { kind: "opened" }>,
    onEntries: (entries: readonly Entry[]) => void,
  ) {
    this.#thread = thread;
    this.id = opened.journal;
    this.leftover = opened.entries;
    this.file = opened.file;
    this.#onEntries = onEntries;
  }

  /**
   * Opens the journal in a thread of its own.
   *
   * @param path file path; the directory must exist
   * @param on `entries`: called with new entries once they are on disk, before their appends resolve;
   * `failure`: called if the thread ends by itself, after which nothing can be promised any more
   * @throws {StartupError} if the file cannot be opened
   */
  static async open(
    path: string,
    on: { entries(entries: readonly Entry[]): void; failure(error: Error): void },
  ): Promise<Journal> {
    const thread = new Worker(new URL("../workers/journal.ts", import.meta.url), {
      type: "module",
      name: "journal",
    });
    const answered = Promise.withResolvers<FromJournal>();
    thread.onmessage = ({ data }) => answered.resolve(data);
    post(thread, { kind: "open", path });
    const answer = await answered.promise;
    if (answer.kind !== "opened") {
      thread.terminate();
      const why = answer.kind === "refused" ? answer.message : "no answer";
      throw new StartupError(`Cannot open the journal ${path}: ${why}`);
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
   * @throws {ProblemError} 507 if the disk is full, 503 if it cannot be written otherwise
   */
  append(events: number, json: Uint8Array): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.#appends.push({ events, json, resolve, reject });
    this.#commit();
    return promise;
  }

  /** Lets the journal forget entries that PostgreSQL holds. */
  release(entries: EntryRange): void {
    this.#released.push(entries);
    this.#releaseTimer ??= setTimeout(() => {
      this.#releaseTimer = undefined;
      this.#commit();
    }, RELEASE_LINGER_MS);
  }

  /** Commits what is waiting, once, and closes the file. */
  async close(): Promise<void> {
    if (this.#committing !== undefined) await this.#nextIdle();
    this.#commit();
    if (this.#committing !== undefined) await this.#nextIdle();
    clearTimeout(this.#releaseTimer);
    const closed = Promise.withResolvers<void>();
    this.#thread.onmessage = () => closed.resolve();
    post(this.#thread, { kind: "close" });
    await closed.promise;
  }

  #nextIdle(): Promise<void> {
    return new Promise((resolve) => this.#idle = resolve);
  }

  #commit() {
    if (this.#committing !== undefined) return;
    if (this.#appends.length === 0 && this.#released.length === 0) return;
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
      this.file = answer.file;
      if (answer.entries.length > 0) this.#onEntries(answer.entries);
      for (const { resolve } of appends) resolve();
    } else if (answer.kind === "failed") {
      const error = answer.full
        ? new ProblemError(507, "Journal full", "No room left on the disk of the journal")
        : new ProblemError(503, "Journal unavailable", answer.message, {
          headers: { "retry-after": "1" },
        });
      for (const { reject } of appends) reject(error);
      for (const entries of released) this.release(entries);
    }
    if (this.#appends.length > 0) this.#commit();
    else this.#idle?.();
  }
}

/** Joins the requests that wait into entries, none larger than it has to be. */
export function toDrafts(
  appends: readonly Pick<Append, "events" | "json">[],
  acceptedAt: number,
): Draft[] {
  const drafts: Draft[] = [];
  for (let from = 0, to = 0; from < appends.length; from = to) {
    let events = 0, bytes = 0;
    do {
      events += appends[to]!.events;
      bytes += appends[to]!.json.length + 1;
      to++;
    } while (
      to < appends.length && events + appends[to]!.events <= MAX_ENTRY_EVENTS &&
      bytes + appends[to]!.json.length <= MAX_ENTRY_BYTES
    );
    const json = new Uint8Array(bytes - 1);
    let at = 0;
    for (const append of appends.slice(from, to)) {
      if (at > 0) json[at++] = COMMA;
      json.set(append.json, at);
      at += append.json.length;
    }
    drafts.push({ events, acceptedAt, json });
  }
  return drafts;
}

const COMMA = 0x2c;

function post(thread: Worker, message: ToJournal, transfer: Transferable[] = []) {
  thread.postMessage(message, transfer);
}
