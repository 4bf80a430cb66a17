/**
 * What became of each event, for whoever reads along at debug.
 */
import type { Event } from "../lib/event.ts";
import type { StoredEntry } from "../lib/journal/reader.ts";
import { logger } from "../lib/logger.ts";
import type { EntryVerdicts, Verdict } from "../lib/protocol.ts";

const log = logger("consumer");

const WORDS: Readonly<Record<Verdict, string>> = {
  stored: "PROCESSED",
  duplicate: "DUPLICATE",
  dead_letter: "DEAD LETTER",
};

/**
 * Logs a line an event.
 *
 * @param consumer its number
 * @param entries all of the delivery
 * @param told their verdicts; of those that were applied before there are none
 */
export function logVerdicts(
  consumer: number,
  entries: readonly StoredEntry[],
  told: readonly EntryVerdicts[],
): void {
  const byEntry = new Map(
    told.map(({ entry, part = 0, verdicts }) => [`${entry}/${part}`, verdicts]),
  );
  for (const { id, part = 0, json } of entries) {
    const events = JSON.parse(`[${json}]`) as Event[];
    for (const [at, verdict] of byEntry.get(`${id}/${part}`)?.entries() ?? []) {
      const { topic, event_id } = events[at]!;
      log.debug(`CONSUMER #{consumer} ${WORDS[verdict]} {topic} {event_id}`, {
        consumer,
        topic,
        event_id,
      });
    }
  }
}
