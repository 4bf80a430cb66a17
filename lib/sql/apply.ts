/**
 * Step 6 of the path: one delivery becomes one transaction.
 *
 * Guarantees: either all of it is committed (new keys, counters, applied entries) or nothing; an
 * entry applied before changes nothing; a key is stored once whatever comes at the same time; an
 * event that PostgreSQL cannot hold becomes a dead letter, and its neighbours are stored.
 */
import { Buffer } from "node:buffer";
import { reason } from "../errors.ts";
import type { Event } from "../event.ts";
import { splitValues } from "../json_text.ts";
import type { StoredEntry } from "../journal_store.ts";
import { ANSWER_TIMEOUT_MS, OUTCOME_GROUPS, OUTCOME_REPEATED_KEYS } from "../limits.ts";
import { mergeOutcomes, NOTHING } from "../outcome.ts";
import type { Outcome } from "../protocol.ts";
import statement from "./apply.sql" with { type: "text" };
import { answered, isDataError, type Sql, type Transaction } from "./connect.ts";
import { addDeadLetters, type DeadLetter } from "./dead_letters.ts";

/** Events with what the statement needs to know of them: an entry, or one event of it. */
type Part = Pick<StoredEntry, "id" | "events" | "acceptedAt" | "json">;

/** The place of an event in its delivery, while events are sorted otherwise. */
interface Arrived {
  readonly arrival: number;
}

/**
 * Applies a delivery.
 *
 * @param journal id of the journal the entries are from, a UUID
 * @param shard which counters to add to: the consumer's number
 * @param entries what to apply, at least one
 * @param answerMs when a connection that says nothing counts as dead
 * @returns what it came to; all 0 if the entries were applied before
 * @throws the driver's error; then nothing was applied, or, where the connection broke, perhaps all
 */
export async function apply(
  sql: Sql,
  journal: string,
  shard: number,
  entries: readonly StoredEntry[],
  answerMs = ANSWER_TIMEOUT_MS,
): Promise<Outcome> {
  try {
    return await answered(sql, answerMs, store(sql, journal, shard, entries));
  } catch (error) {
    if (!isDataError(error)) throw error;
    return await sql.begin((tx) => applyBisected(tx, journal, shard, entries));
  }
}

/** The same where some event is known to be refused: found by halving, the rest stored. */
async function applyBisected(
  tx: Transaction,
  journal: string,
  shard: number,
  entries: readonly StoredEntry[],
): Promise<Outcome> {
  const due = await tx<{ entry: number }[]>`
    insert into applied_entries (journal, entry)
    select ${journal}, unnest(${arrayLiteral(entries.map(({ id }) => id))}::text::bigint[])
    on conflict do nothing
    returning entry`;
  const ids = new Set(due.map(({ entry }) => entry));
  const events = entries.filter(({ id }) => ids.has(id))
    .flatMap((entry) => splitValues(entry.json).map((json) => ({ ...entry, events: 1, json })))
    .map((event, arrival) => ({ event: { ...event, arrival }, key: keyBytes(event.json) }))
    // Across all halves as the statement sorts within one: else two deliveries would deadlock.
    .sort((a, b) => Buffer.compare(a.key, b.key))
    // The statement tells parts from each other by their ids.
    .map(({ event }, id) => ({ ...event, id }));
  const letters: (DeadLetter & Arrived)[] = [];
  const outcome = await storeHalves(tx, shard, events, letters);
  letters.sort((a, b) => a.arrival - b.arrival);
  if (letters.length > 0) await addDeadLetters(tx, shard, letters);
  return outcome;
}

/** What the statement sorts by. U+0000 is in neither part: it keeps them apart as two columns would. */
function keyBytes(json: string): Uint8Array {
  const { event_id, topic } = JSON.parse(json) as Event;
  return encoder.encode(`${event_id}\0${topic}`);
}

const encoder = new TextEncoder();

/** Stores events; those that are refused are added to `letters`. */
async function storeHalves(
  tx: Transaction,
  shard: number,
  events: readonly (Part & Arrived)[],
  letters: (DeadLetter & Arrived)[],
): Promise<Outcome> {
  if (events.length === 0) return NOTHING;
  try {
    return await tx.savepoint((inner) => store(inner, null, shard, events));
  } catch (error) {
    if (!isDataError(error)) throw error;
    if (events.length === 1) {
      letters.push({ ...events[0]!, reason: reason(error) });
      return { ...NOTHING, received: 1 };
    }
    const half = events.length >> 1;
    const first = await storeHalves(tx, shard, events.slice(0, half), letters);
    const second = await storeHalves(tx, shard, events.slice(half), letters);
    return mergeOutcomes(first, second);
  }
}

/** @param journal null if the caller has marked the entries as applied */
async function store(
  sql: Sql | Transaction,
  journal: string | null,
  shard: number,
  parts: readonly Part[],
): Promise<Outcome> {
  let position = 1;
  const firsts = parts.map(({ events }) => {
    const first = position;
    position += events;
    return first;
  });
  const [outcome] = await sql.unsafe<Outcome[]>(statement, [
    `[${parts.map(({ json }) => json).join(",")}]`,
    arrayLiteral(parts.map(({ id }) => id)),
    arrayLiteral(firsts),
    arrayLiteral(parts.map(({ acceptedAt }) => new Date(acceptedAt).toISOString())),
    journal,
    shard,
    OUTCOME_GROUPS,
    OUTCOME_REPEATED_KEYS,
  ], { prepare: true });
  return outcome!;
}

/**
 * Forgets that entries were applied.
 *
 * @param below all entries below this id; the journal must have released them
 */
export async function forgetApplied(sql: Sql, journal: string, below: number): Promise<void> {
  await sql`delete from applied_entries where journal = ${journal} and entry < ${below}`;
}

/** PostgreSQL's text form of an array whose members need no quotes. */
function arrayLiteral(members: readonly (number | string)[]): string {
  return `{${members.join(",")}}`;
}
