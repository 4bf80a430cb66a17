/**
 * What a transaction decided of each event, told by entries: what requests that wait are answered.
 */
import { reason } from "../errors.ts";
import type { Event } from "../event.ts";
import type { StoredEntry } from "../journal/reader.ts";
import { logger } from "../logger.ts";
import type { EntryVerdicts, Verdict } from "../protocol.ts";
import type { Sql } from "./connect.ts";

const log = logger("consumer");

/** What a transaction decided of the events of a delivery, each by its place in it, from 0. */
export interface Decisions {
  /** Places of the entries that were not applied before. */
  readonly due: readonly number[];
  readonly stored: readonly number[];
  /** Those that are dead letters now. */
  readonly refused: readonly number[];
}

type Key = Pick<Event, "event_id" | "topic">;

/**
 * Tells the verdicts of entries, and when the keys of duplicates were first received.
 *
 * @param entries all of the delivery, in its order
 * @param waited ids of those of which the verdicts are asked
 * @returns those of the entries that were due; of the others nobody knows them any more
 */
export async function readVerdicts(
  sql: Sql,
  entries: readonly StoredEntry[],
  waited: readonly number[],
  decisions: Decisions,
): Promise<EntryVerdicts[]> {
  const judged = judge(entries, waited, decisions);
  const duplicates = judged.flatMap(({ entry, verdicts }) => {
    if (!verdicts.includes("duplicate")) return [];
    return keysOf(entry).filter((_, at) => verdicts[at] === "duplicate");
  });
  const known = await readFirstReceived(sql, duplicates);
  let next = 0;
  return judged.map(({ entry, verdicts }) => ({
    entry: entry.id,
    ...(entry.part !== undefined && { part: entry.part }),
    verdicts,
    firstReceivedAt: verdicts.map((verdict) =>
      verdict === "duplicate" ? known[next++] ?? null : entry.acceptedAt
    ),
  }));
}

/** An entry with the verdicts of its events. */
interface Judged {
  readonly entry: StoredEntry;
  readonly verdicts: readonly Verdict[];
}

function judge(
  entries: readonly StoredEntry[],
  waited: readonly number[],
  decisions: Decisions,
): Judged[] {
  const [asked, due] = [new Set(waited), new Set(decisions.due)];
  const [stored, refused] = [new Set(decisions.stored), new Set(decisions.refused)];
  const verdictAt = (place: number): Verdict =>
    stored.has(place) ? "stored" : refused.has(place) ? "dead_letter" : "duplicate";
  const judged: Judged[] = [];
  let first = 0;
  for (const [place, entry] of entries.entries()) {
    if (asked.has(entry.id) && due.has(place)) {
      const from = first;
      const verdicts = Array.from({ length: entry.events }, (_, at) => verdictAt(from + at));
      judged.push({ entry, verdicts });
    }
    first += entry.events;
  }
  return judged;
}

function keysOf({ json }: StoredEntry): Key[] {
  return (JSON.parse(`[${json}]`) as Event[]).map(({ event_id, topic }) => ({ event_id, topic }));
}

/**
 * Reads when keys were first received, in their order; undefined where that is not to be found: the
 * verdicts stand without it.
 */
async function readFirstReceived(
  sql: Sql,
  keys: readonly Key[],
): Promise<(number | null)[]> {
  if (keys.length === 0) return [];
  try {
    // A query of its own: what another delivery committed meanwhile, the statement did not see.
    const rows = await sql<{ at: number | null }[]>`
      select (extract(epoch from e.received_at) * 1000)::bigint as at
      from rows from (
        json_to_recordset(${JSON.stringify(keys)}::text::json) as (event_id text, topic text)
      ) with ordinality as k (event_id, topic, position)
      left join processed_events e using (event_id, topic)
      order by k.position`;
    return rows.map(({ at }) => at);
  } catch (error) {
    log.warn("Cannot read when duplicates were first received: {reason}", {
      reason: reason(error),
    });
    return [];
  }
}
