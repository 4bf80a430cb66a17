/**
 * The journal thread: the only writer of the journal's file.
 *
 * Commits one group at a time, in the order asked. fsync blocks, so it has a thread of its own.
 */
import { reason } from "../lib/errors.ts";
import { armFault, passBy } from "../lib/fault.ts";
import { isCorrupt, isFull } from "../lib/journal_disk.ts";
import { JournalWriter } from "../lib/journal_store.ts";
import type { FromJournal, ToJournal } from "../lib/protocol.ts";

declare const self: Pick<Worker, "onmessage" | "postMessage"> & { close(): void };

let writer: JournalWriter;

self.onmessage = ({ data }: MessageEvent<ToJournal>) => {
  switch (data.kind) {
    case "open":
      armFault(data.fault);
      return answer(open(data.path, data.inParts));
    case "commit":
      return answer(commit(data));
    case "close":
      writer.close();
      answer({ kind: "closed" });
      self.close();
  }
};

function open(path: string, inParts: boolean): FromJournal {
  try {
    writer = new JournalWriter(path, inParts);
    const damaged = writer.setDamagedAside();
    const entries = writer.list();
    const { id: journal, next } = writer;
    return { kind: "opened", journal, entries, damaged, next, file: writer.file() };
  } catch (error) {
    return { kind: "refused", message: reason(error), corrupt: isCorrupt(error) };
  }
}

function commit({ drafts, released }: Extract<ToJournal, { kind: "commit" }>): FromJournal {
  try {
    const entries = writer.commit(drafts, released);
    if (drafts.length > 0) passBy("journaled");
    if (released.length > 0) passBy("released");
    return { kind: "committed", entries, file: writer.file() };
  } catch (error) {
    return { kind: "failed", message: reason(error), full: isFull(error) };
  }
}

function answer(message: FromJournal) {
  self.postMessage(message);
}
