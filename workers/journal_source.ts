/**
 * A consumer that reads from the journal what the dispatcher tells it to.
 */
import { JournalReader } from "../lib/journal/reader.ts";
import type { ConsumerSource, ToConsumer } from "../lib/protocol.ts";
import type { ConsumerLoop } from "./consumer_loop.ts";

/** Where deliveries come from. */
export interface Source {
  /** Hears the doorbell. */
  deliver(doorbell: Extract<ToConsumer, { kind: "deliver" }>): Promise<void>;
  /** Begins nothing more. */
  stop(): Promise<void>;
}

/** Opens the journal, which its writer must have opened before. */
export function readJournal(
  { journalPath, journal }: Extract<ConsumerSource, { journal: string }>,
  loop: ConsumerLoop,
): Source {
  const reader = new JournalReader(journalPath);
  return {
    async deliver({ delivery, entries, waited, traces }) {
      await loop.deliver(delivery, { journal, read: () => reader.read(entries), waited, traces });
    },
    stop() {
      reader.close();
      return Promise.resolve();
    },
  };
}
