/**
 * The journal thread: the only writer of the journal's file.
 *
 * Commits one group at a time, in the order asked. fsync blocks, so it has a thread of its own.
 */
import { reason } from "../lib/errors.ts";
import { JournalWriter } from "../lib/journal_store.ts";
import type { FromJournal, ToJournal } from "../lib/protocol.ts";

declare const self: Pick<Worker, "onmessage" | "postMessage"> & { close(): void };

let writer: JournalWriter;

self.onmessage = ({ data }: MessageEvent<ToJournal>) => {
  switch (data.kind) {
    case "open":
      return answer(open(data.path));
    case "commit":
      return answer(commit(data));
    case "close":
      writer.close();
      answer({ kind: "closed" });
      self.close();
  }
};

function open(path: string): FromJournal {
  try {
    writer = new JournalWriter(path);
    return { kind: "opened", journal: writer.id, entries: writer.list(), file: writer.file() };
  } catch (error) {
    return { kind: "refused", message: reason(error) };
  }
}

function commit({ drafts, released }: Extract<ToJournal, { kind: "commit" }>): FromJournal {
  try {
    return {
      kind: "committed",
      entries: writer.commit(drafts, released),
      file: writer.file(),
    };
  } catch (error) {
    const { message, errcode } = error as Error & { errcode?: number };
    return { kind: "failed", message, full: errcode === SQLITE_FULL };
  }
}

/** https://www.sqlite.org/rescode.html#full */
const SQLITE_FULL = 13;

function answer(message: FromJournal) {
  self.postMessage(message);
}
