/**
 * The path from the journal to PostgreSQL without HTTP: a real journal, real consumers.
 */
import { join } from "node:path";
import type { Event } from "../../lib/event.ts";
import { Journal } from "../../lib/journal.ts";
import type { Entries, EntryRange, Outcome } from "../../lib/protocol.ts";
import { LocalQueue, type Queue } from "../../lib/queue.ts";
import { temporaryDirectory } from "./service.ts";
import { within } from "./within.ts";

/** A journal and the queue behind it. */
export interface Path extends AsyncDisposable {
  readonly journal: Journal;
  readonly queue: Queue;
  /** What was acked, in order. */
  readonly applied: readonly { readonly entries: EntryRange; readonly outcome: Outcome }[];
  /** Accepts events as one request would. */
  append(events: readonly Event[]): Promise<void>;
  /** Waits until nothing is pending. */
  settled(): Promise<void>;
}

/** What a path can be opened with. */
export interface PathOptions {
  /** Consumers to run; 2 if not said. */
  readonly consumers?: number;
  /** A directory that outlives the path; else it gets its own. */
  readonly directory?: string;
}

/** Long enough for a consumer to be found dead, replaced, and to retry with its longest pauses. */
const SETTLE_MS = 30_000;

const encoder = new TextEncoder();

// Deno 2.9.6 may hear nothing on a channel that is opened right after the last one of the process was
// closed, as by a path that follows another. With this one, none of theirs is the last.
new BroadcastChannel("sekali/test");

/**
 * Opens the path and offers what the journal holds.
 *
 * @param databaseUrl a migrated database
 */
export async function openPath(databaseUrl: string, options: PathOptions = {}): Promise<Path> {
  await using open = new AsyncDisposableStack();
  const directory = options.directory ?? open.use(await temporaryDirectory()).path;
  const journalPath = join(directory, "journal");
  const journal = await Journal.open(journalPath, {
    entries: (entries: readonly Entries[]) => queue.offer(entries),
    failure: (error) => {
      throw error;
    },
  });
  open.defer(() => journal.close());

  const applied: { entries: EntryRange; outcome: Outcome }[] = [];
  let committed: Outcome | undefined;
  let noticeApplied = () => {};
  const queue = new LocalQueue(options.consumers ?? 2, {
    databaseUrl,
    firstShard: 1,
    source: { journalPath, journal: journal.id },
    logLevel: "error",
    logFormat: "text",
  }, {
    committed: (outcome) => committed = outcome,
    applied([entries]) {
      applied.push({ entries: entries!, outcome: committed! });
      journal.release(entries!);
      noticeApplied();
    },
  });
  open.defer(() => queue.stop());
  queue.offer(journal.leftover);

  const settled = async () => {
    while (queue.pending > 0) await new Promise<void>((resolve) => noticeApplied = resolve);
  };
  const stack = open.move();
  return {
    journal,
    queue,
    applied,
    async append(events) {
      const json = events.map((event) => JSON.stringify(event)).join(",");
      await journal.append(events.length, encoder.encode(json));
    },
    settled: () => within(SETTLE_MS, "Settling", settled()),
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}
