/**
 * The judge: compares what PostgreSQL holds and what the service says with the ledger.
 *
 * To be called once all is settled: nothing pending, no request on its way.
 */
import type { Stats, TopicStats } from "../../lib/snapshot.ts";
import type { Sql } from "../../lib/sql/connect.ts";
import { eventJson, isIntact, type Key } from "./events.ts";
import type { Ledger } from "./ledger.ts";
import { NAMED_KEYS } from "./limits.ts";
import {
  type Position,
  readEventsAfter,
  readLettersAfter,
  readTables,
  type Tables,
} from "./store.ts";

/** Keys that something is wrong with. */
export interface Keys {
  count: number;
  /** The first few. */
  readonly first: Key[];
}

/** What was found wrong. */
export interface Findings {
  /** Accepted, and neither stored nor a dead letter. */
  readonly lost: Keys;
  /** In more than one row. */
  readonly doubled: Keys;
  /** Stored, but in no request that can have been accepted. */
  readonly invented: Keys;
  /** Not what was sent. */
  readonly spoiled: Keys;
  /** Sum of the distances of all counters from what they should be, in events. */
  counterError: number;
  /** One line for each counter that is wrong. */
  readonly wrongCounters: string[];
}

/** What a judgement comes to. */
export interface Judgement {
  readonly findings: Findings;
  readonly tables: Tables;
  /** Where the next one may go on. */
  readonly position: Position;
}

/** What the service says: `GET /stats` and `GET /topics`. */
export interface Told {
  readonly stats: Pick<
    Stats,
    | "received"
    | "unique_processed"
    | "duplicate_dropped"
    | "dead_letters"
    | "pending"
    | "consistent"
  >;
  readonly topics: readonly Pick<
    TopicStats,
    "topic" | "received" | "unique_processed" | "duplicate_dropped"
  >[];
}

/** Before the first row. */
export const BEGINNING: Position = { seq: 0, letter: 0 };

/** Whether anything was found. */
export function isFlawless({ lost, doubled, invented, spoiled, ...rest }: Findings): boolean {
  return lost.count + doubled.count + invented.count + spoiled.count === 0 &&
    rest.wrongCounters.length === 0;
}

/**
 * Judges all that has arrived after a position, and the counters as a whole.
 *
 * @param ledger its sightings up to the position are kept, and those after it made
 */
export async function judge(
  sql: Sql,
  told: Told,
  ledger: Ledger,
  after: Position,
): Promise<Judgement> {
  const findings = nothing();
  const position = await readRows(sql, ledger, after, findings);
  const received = ledger.resolve();
  for (const key of ledger.missing()) add(findings.lost, key);

  const tables = await readTables(sql);
  const expected = { received, batches: ledger.batches };
  for (const { what, distance } of compareCounters(tables, told, expected)) {
    findings.counterError += distance;
    findings.wrongCounters.push(what);
  }
  return { findings, tables, position };
}

async function readRows(
  sql: Sql,
  ledger: Ledger,
  after: Position,
  findings: Findings,
): Promise<Position> {
  let { seq, letter } = after;
  const look = (key: Key, isRight: (number: number) => boolean) => {
    const { number, sighting } = ledger.sight(key);
    if (sighting === "invented") add(findings.invented, key);
    else if (sighting === "again") add(findings.doubled, key);
    if (sighting !== "invented" && !isRight(number)) add(findings.spoiled, key);
  };
  for await (const rows of readEventsAfter(sql, after)) {
    for (const row of rows) {
      look(row, (number) => isIntact(number, row));
      seq = Math.max(seq, row.seq);
    }
  }
  for await (const rows of readLettersAfter(sql, after)) {
    for (const row of rows) {
      look(row, (number) => ledger.isPoison(number) && row.event === eventJson(number, true));
      letter = Math.max(letter, row.id);
    }
  }
  return { seq, letter };
}

/** How a counter differs from what it should be. */
interface Difference {
  /** In one line. */
  readonly what: string;
  /** In events. */
  readonly distance: number;
}

/**
 * Compares all counters with what was sent, with the rows that they count, and with each other.
 *
 * @param expected events accepted by now, and the batches that they came in
 */
export function compareCounters(
  { totals, topics, applied_entries }: Tables,
  told: Told,
  expected: { readonly received: number; readonly batches: number },
): Difference[] {
  const differences: Difference[] = [];
  const expect = (what: string, actual: number, wanted: number) => {
    const distance = Math.abs(actual - wanted);
    if (distance > 0) differences.push({ what: `${what} ${actual}, not ${wanted}`, distance });
  };
  const sum = (of: Exclude<keyof Tables["topics"][number], "topic">) =>
    topics.reduce((total, topic) => total + topic[of], 0);
  const decided = (of: Tables["totals"]) =>
    of.unique_processed + of.duplicate_dropped + of.dead_letters;

  expect("received", totals.received, expected.received);
  expect("unique + duplicates + dead letters", decided(totals), totals.received);
  expect("unique_processed", totals.unique_processed, sum("events"));
  expect("dead_letters", totals.dead_letters, sum("letters"));
  expect("received of all topics", sum("received"), totals.received);
  expect("duplicates of all topics", sum("duplicate_dropped"), totals.duplicate_dropped);
  for (const topic of topics) {
    expect(`unique + duplicates + dead letters of ${topic.topic}`, decided(topic), topic.received);
    expect(`unique_processed of ${topic.topic}`, topic.unique_processed, topic.events);
    expect(`dead_letters of ${topic.topic}`, topic.dead_letters, topic.letters);
  }

  for (const name of COUNTERS) expect(`${name} at /stats`, told.stats[name], totals[name]);
  expect("pending at /stats", told.stats.pending, 0);
  expect("inconsistent at /stats:", Number(!told.stats.consistent), 0);
  expect("topics at /topics", told.topics.length, topics.length);
  for (const said of told.topics) {
    const held = topics.find(({ topic }) => topic === said.topic);
    for (const name of TOPIC_COUNTERS) {
      expect(`${name} of ${said.topic} at /topics`, said[name], held?.[name] ?? 0);
    }
  }

  // An entry is at least one batch: more would be applied entries of nothing that was sent.
  expect("applied_entries", applied_entries, Math.min(applied_entries, expected.batches));
  return differences;
}

const TOPIC_COUNTERS = ["received", "unique_processed", "duplicate_dropped"] as const;
const COUNTERS = [...TOPIC_COUNTERS, "dead_letters"] as const;

function nothing(): Findings {
  const none = (): Keys => ({ count: 0, first: [] });
  return {
    lost: none(),
    doubled: none(),
    invented: none(),
    spoiled: none(),
    counterError: 0,
    wrongCounters: [],
  };
}

function add(keys: Keys, { event_id, topic }: Key): void {
  if (keys.count++ < NAMED_KEYS) keys.first.push({ event_id, topic });
}
