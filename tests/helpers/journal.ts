/**
 * Journals in directories of their own, and what they hold.
 */
import { dirname, join } from "node:path";
import { Journal } from "../../lib/journal.ts";
import { JournalReader, type StoredEntry } from "../../lib/journal/reader.ts";
import type { Entries } from "../../lib/protocol.ts";
import { temporaryDirectory } from "./service.ts";

/** A journal that is open, with what it said. */
export interface TestJournal extends AsyncDisposable {
  readonly path: string;
  readonly journal: Journal;
  /** Entries it announced, in order. */
  readonly announced: Entries[];
  /** Appends text that need not even be JSON: the journal does not look into it. */
  append(text: string, events?: number): Promise<void>;
  /** What a consumer reads of all that its segments hold, released or not. */
  read(): StoredEntry[];
  /** Closes the journal and opens it again. */
  reopen(): Promise<TestJournal>;
}

/** Opens a journal in a directory; it is closed when the test ends. */
export async function openJournalIn(directory: string): Promise<TestJournal> {
  const path = join(directory, "journal");
  const announced: Entries[] = [];
  const journal = await Journal.open(path, {
    entries: (entries) => announced.push(...entries),
    failure: (error) => {
      throw error;
    },
  });
  let closed: Promise<void> | undefined;
  const close = () => closed ??= journal.close();
  return {
    path,
    journal,
    announced,
    async append(text, events = 1) {
      await journal.append(events, new TextEncoder().encode(text));
    },
    read: () => readJournal(path, announced.at(-1)?.last ?? journal.next - 1),
    async reopen() {
      await close();
      return openJournalIn(dirname(path));
    },
    [Symbol.asyncDispose]: close,
  };
}

/** The same in a directory of its own, which goes when the test ends. */
export async function openJournal(): Promise<TestJournal> {
  const directory = await temporaryDirectory();
  const file = await openJournalIn(directory.path);
  return {
    ...file,
    async [Symbol.asyncDispose]() {
      await file[Symbol.asyncDispose]();
      await directory[Symbol.asyncDispose]();
    },
  };
}

/** All entries that a journal's segments hold up to an id, released or not. */
export function readJournal(path: string, last = Number.MAX_SAFE_INTEGER): StoredEntry[] {
  const reader = new JournalReader(path);
  try {
    return reader.read({ first: 0, last });
  } finally {
    reader.close();
  }
}

/** The text of entries, joined as a consumer joins them. */
export function textOf(entries: readonly StoredEntry[]): string {
  return entries.map(({ json }) => json).join(",");
}
