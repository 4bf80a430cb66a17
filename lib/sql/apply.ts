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
import type { StoredEntry } from "../journal/reader.ts";
import { OUTCOME_GROUPS, OUTCOME_REPEATED_KEYS } from "../limits.ts";
import { ANSWER_TIMEOUT_MS } from "./limits.ts";
import { mergeOutcomes, NOTHING } from "../outcome.ts";
import type { EntryVerdicts, Outcome } from "../protocol.ts";
import statement from "./apply.sql" with { type: "text" };
import { answered, isDataError, type Sql, type Transaction } from "./connect.ts";
import { addDeadLetters, type DeadLetter } from "./dead_letters.ts";
import { type Decisions, readVerdicts } from "./verdicts.ts";

/** One event and its place in its delivery, from 0, while events are sorted otherwise. */
interface Arrived extends StoredEntry {
  readonly arrival: number;
}

/** What a delivery came to, and each event that is waited for. */
export interface Applied extends Outcome {
  /** Of the entries that are waited for, except those that were applied before. */
  readonly verdicts: readonly EntryVerdicts[];
}

/** The same before it is told by entries. */
interface Decided {
  readonly outcome: Outcome;
  readonly decisions: Decisions;
}

/**
 * Applies a delivery.
 *
 * @param journal id of the journal the entries are from, a UUID
 * @param shard which counters to add to: the consumer's own
 * @param entries what to apply, at least one
 * @param waited ids of the entries of which the verdicts are asked
 * @param answerMs when a connection that says nothing counts as dead
 * @returns what it came to; all 0 if the entries were applied before
 * @throws the driver's error; then nothing was applied, or, where the connection broke, perhaps all
 */
export async function apply(
  sql: Sql,
  journal: string,
  shard: number,
  entries: readonly StoredEntry[],
  waited: readonly number[] = [],
  answerMs = ANSWER_TIMEOUT_MS,
): Promise<Applied> {
  const asked = waited.length > 0;
  const storing = store(sql, journal, shard, entries, asked);
  const { outcome, decisions } = await answered(sql, answerMs, storing).catch((error) => {
    if (!isDataError(error)) throw error;
    return sql.begin((tx) => applyBisected(tx, journal, shard, entries, asked));
  });
  if (!asked) return { ...outcome, verdicts: [] };
  const verdicts = readVerdicts(sql, entries, waited, decisions);
  return { ...outcome, verdicts: await answered(sql, answerMs, verdicts) };
}

/** The same where some event is known to be refused: found by halving, the rest stored. */
async function applyBisected(
  tx: Transaction,
  journal: string,
  shard: number,
  entries: readonly StoredEntry[],
  asked: boolean,
): Promise<Decided> {
  const due = await markApplied(tx, journal, entries);
  const dueNow = new Set(due);
  const events = entries
    .flatMap((entry, place) =>
      splitValues(entry.json).map((json) => ({ ...entry, events: 1, json, place }))
    )
    .map((event, arrival) => ({ event: { ...event, arrival }, key: keyBytes(event.json) }))
    .filter(({ event }) => dueNow.has(event.place))
    // Across all halves as the statement sorts within one: else two deliveries would deadlock.
    .sort((a, b) => Buffer.compare(a.key, b.key))
    // The statement tells parts from each other by their ids.
    .map(({ event }, id) => ({ ...event, id }));
  const found: Found = { stored: [], letters: [] };
  const outcome = await storeHalves(tx, shard, events, asked, found);
  const letters = found.letters.toSorted((a, b) => a.arrival - b.arrival);
  if (letters.length > 0) await addDeadLetters(tx, shard, letters);
  const refused = letters.map(({ arrival }) => arrival);
  return { outcome, decisions: { due, stored: found.stored, refused } };
}

/** Marks entries as applied. @returns the places of those that were not before */
async function markApplied(
  tx: Transaction,
  journal: string,
  entries: readonly StoredEntry[],
): Promise<number[]> {
  const rows = await tx<{ place: number }[]>`
    with delivered as materialized (
      select entry, part, place
      from unnest(
        ${arrayLiteral(entries.map(({ id }) => id))}::text::bigint[],
        ${arrayLiteral(entries.map(({ part = 0 }) => part))}::text::int[]
      ) with ordinality as d (entry, part, place)
    ),
    applied as (
      insert into applied_entries (journal, entry, part)
      select ${journal}, entry, part from delivered
      where entry >= coalesce((select settled from journals where journal = ${journal}), 0)
      order by entry, part
      on conflict do nothing
      returning entry, part
    )
    select place from applied join delivered using (entry, part)`;
  return rows.map(({ place }) => place - 1);
}

/** What the statement sorts by. U+0000 is in neither part: it keeps them apart as two columns would. */
function keyBytes(json: string): Uint8Array {
  const { event_id, topic } = JSON.parse(json) as Event;
  return encoder.encode(`${event_id}\0${topic}`);
}

const encoder = new TextEncoder();

/** What halving finds, each event by its place in the delivery. */
interface Found {
  readonly stored: number[];
  readonly letters: (DeadLetter & Arrived)[];
}

/** Stores events; notes those that are refused, and if asked those that are stored. */
async function storeHalves(
  tx: Transaction,
  shard: number,
  events: readonly Arrived[],
  asked: boolean,
  found: Found,
): Promise<Outcome> {
  if (events.length === 0) return NOTHING;
  try {
    const { outcome, decisions } = await tx.savepoint((inner) =>
      store(inner, null, shard, events, asked)
    );
    found.stored.push(...decisions.stored.map((place) => events[place]!.arrival));
    return outcome;
  } catch (error) {
    if (!isDataError(error)) throw error;
    if (events.length === 1) {
      found.letters.push({ ...events[0]!, reason: reason(error) });
      return { ...NOTHING, received: 1 };
    }
    const half = events.length >> 1;
    const first = await storeHalves(tx, shard, events.slice(0, half), asked, found);
    const second = await storeHalves(tx, shard, events.slice(half), asked, found);
    return mergeOutcomes(first, second);
  }
}

/** What the statement answers. */
interface Answer extends Outcome {
  /** The positions of their first events, from 1; null where that was not asked. */
  readonly due: readonly number[] | null;
  /** From 1; null where that was not asked. */
  readonly positions: readonly number[] | null;
}

/**
 * @param journal null if the caller has marked the entries as applied
 * @param asked whether the decisions are asked for; else there are none
 */
async function store(
  sql: Sql | Transaction,
  journal: string | null,
  shard: number,
  parts: readonly StoredEntry[],
  asked: boolean,
): Promise<Decided> {
  let position = 1;
  const firsts = parts.map(({ events }) => {
    const first = position;
    position += events;
    return first;
  });
  const [answer] = await sql.unsafe<[Answer]>(statement, [
    // Brackets are put around it there: here they would make a second copy of some hundred kilobytes.
    parts.map(({ json }) => json).join(","),
    arrayLiteral(parts.map(({ id }) => id)),
    arrayLiteral(firsts),
    arrayLiteral(parts.map(({ acceptedAt }) => new Date(acceptedAt).toISOString())),
    journal,
    shard,
    OUTCOME_GROUPS,
    OUTCOME_REPEATED_KEYS,
    asked,
    arrayLiteral(parts.map(({ part = 0 }) => part)),
  ], { prepare: true });
  const { due, positions, ...outcome } = answer;
  const stored = positions?.map((position) => position - 1) ?? [];
  const places = due?.map((first) => firsts.indexOf(first)) ?? [];
  return { outcome, decisions: { due: places, stored, refused: [] } };
}

/**
 * Says that entries are applied for ever, and forgets single ones of an earlier time.
 *
 * @param below entries below this id need no row of their own any more: when this was called last, or
 * before, they were `settled`, and no statement that began before that runs any more
 * @param settled all entries below this id are applied
 */
export async function forgetApplied(
  sql: Sql,
  journal: string,
  below: number,
  settled: number,
): Promise<void> {
  await sql`delete from applied_entries where journal = ${journal} and entry < ${below}`;
  await sql`
    insert into journals (journal, settled) values (${journal}, ${settled})
    on conflict (journal) do update set settled = greatest(journals.settled, excluded.settled)`;
}

/** The id below which all entries are that anything is known of; 0 if nothing is. */
export async function readAppliedBelow(sql: Sql, journal: string): Promise<number> {
  const [row] = await sql<[{ below: number }]>`
    select greatest(
      (select settled from journals where journal = ${journal}),
      (select max(entry) + 1 from applied_entries where journal = ${journal}),
      0
    ) as below`;
  return row.below;
}

/** Tells which parts of some entries are applied, of those that are not settled. */
export async function readApplied(
  sql: Sql,
  journal: string,
  entries: readonly number[],
): Promise<{ entry: number; part: number }[]> {
  return await sql<{ entry: number; part: number }[]>`
    select entry, part from applied_entries
    where journal = ${journal} and entry = any(${arrayLiteral(entries)}::text::bigint[])`;
}

/** PostgreSQL's text form of an array whose members need no quotes. */
function arrayLiteral(members: readonly (number | string)[]): string {
  return `{${members.join(",")}}`;
}
