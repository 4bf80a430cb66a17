/**
 * How requests are gathered to entries, and entries to deliveries.
 */
import {
  MAX_DELIVERY_BYTES,
  MAX_DELIVERY_EVENTS,
  MAX_DELIVERY_TRACES,
  MAX_ENTRY_BYTES,
  MAX_ENTRY_EVENTS,
} from "./limits.ts";
import type { Entries, EntryRange } from "./protocol.ts";

/** The events of one request, as JSON separated by commas. */
interface Request {
  readonly events: number;
  readonly json: Uint8Array;
}

/** An entry to be. */
export interface Draft extends Request {
  /** Milliseconds since 1970. */
  readonly acceptedAt: number;
}

/** Where the events of a request stand in the journal. */
export interface Place {
  readonly entry: number;
  /** Position of the first of them among the entry's events, from 0. */
  readonly first: number;
}

/** Joins the requests that wait into entries, none larger than it has to be. */
export function toDrafts(
  requests: readonly Request[],
  acceptedAt: number,
): Draft[] {
  const drafts: Draft[] = [];
  for (let from = 0, to = 0; from < requests.length; from = to) {
    let events = 0, bytes = 0;
    do {
      events += requests[to]!.events;
      bytes += requests[to]!.json.length + 1;
      to++;
    } while (
      to < requests.length && events + requests[to]!.events <= MAX_ENTRY_EVENTS &&
      bytes + requests[to]!.json.length <= MAX_ENTRY_BYTES
    );
    drafts.push({ events, acceptedAt, json: joinJson(requests.slice(from, to), bytes - 1) });
  }
  return drafts;
}

/** The JSON of requests, joined by commas to so many bytes. */
function joinJson(requests: readonly Request[], bytes: number): Uint8Array {
  if (requests.length === 1) return requests[0]!.json;
  const joined = new Uint8Array(bytes);
  let at = 0;
  for (const [place, { json }] of requests.entries()) {
    if (place > 0) joined[at++] = COMMA;
    joined.set(json, at);
    at += json.length;
  }
  return joined;
}

const COMMA = 0x2c;

/**
 * Where the events of requests stand in the entries that were made of them.
 *
 * @param requests in the order in which {@linkcode toDrafts} joined them
 * @param entries one for each draft
 *
 * @example
 * ```ts
 * import { deepStrictEqual } from "node:assert";
 * import { toPlaces } from "./entries.ts";
 *
 * const entry = { bytes: 0, acceptedAt: 10 };
 * const entries = [
 *   { ...entry, first: 7, last: 7, events: 3 },
 *   { ...entry, first: 8, last: 8, events: 4 },
 * ];
 * deepStrictEqual(toPlaces([{ events: 1 }, { events: 2 }, { events: 4 }], entries), [
 *   { entry: 7, first: 0 },
 *   { entry: 7, first: 1 },
 *   { entry: 8, first: 0 },
 * ]);
 * ```
 */
export function toPlaces(
  requests: readonly Pick<Request, "events">[],
  entries: readonly Entries[],
): Place[] {
  let at = 0, first = 0;
  return requests.map(({ events }) => {
    if (first === entries[at]!.events) at++, first = 0;
    const place = { entry: entries[at]!.first, first };
    first += events;
    return place;
  });
}

/**
 * Adds entries to the end of a list: joined with the last of it where they follow it at once and both make
 * one delivery. So a
 * backlog of a million events is some hundred objects on the heap.
 *
 * @param list oldest first; changed
 * @param next younger than all of them
 *
 * @example
 * ```ts
 * import { deepStrictEqual } from "node:assert";
 * import { pushEntries } from "./entries.ts";
 *
 * const list = [{ first: 1, last: 4, events: 9, bytes: 900, acceptedAt: 10 }];
 * pushEntries(list, { first: 5, last: 5, events: 2, bytes: 200, acceptedAt: 12 });
 * deepStrictEqual(list, [{ first: 1, last: 5, events: 11, bytes: 1100, acceptedAt: 10 }]);
 * ```
 */
export function pushEntries(list: Entries[], next: Entries): void {
  const last = list.at(-1);
  if (
    last === undefined || last.last + 1 !== next.first ||
    last.events + next.events > MAX_DELIVERY_EVENTS || last.bytes + next.bytes > MAX_DELIVERY_BYTES
  ) {
    list.push(next);
    return;
  }
  list[list.length - 1] = {
    first: last.first,
    last: next.last,
    events: last.events + next.events,
    bytes: last.bytes + next.bytes,
    acceptedAt: last.acceptedAt,
    ...joinWaited(last, next),
    ...joinTraces(last, next),
  };
}

/**
 * Adds to new entries the traces of their requests.
 *
 * @param requests in their order, with the `traceparent` of those that are traced
 * @param places where they stand
 */
export function withTraces(
  entries: readonly Entries[],
  requests: readonly { readonly trace: string | undefined }[],
  places: readonly Place[],
): readonly Entries[] {
  if (requests.every(({ trace }) => trace === undefined)) return entries;
  return entries.map((entry) => {
    const traces = requests.filter((_, at) => places[at]!.entry === entry.first)
      .flatMap(({ trace }) => trace ?? []).slice(0, MAX_DELIVERY_TRACES);
    return traces.length === 0 ? entry : { ...entry, traces };
  });
}

function joinTraces({ traces: before }: Entries, { traces }: Entries): Pick<Entries, "traces"> {
  if (before === undefined && traces === undefined) return {};
  return { traces: [...before ?? [], ...traces ?? []].slice(0, MAX_DELIVERY_TRACES) };
}

function joinWaited({ waited: before }: Entries, { waited }: Entries): Pick<Entries, "waited"> {
  if (before === undefined && waited === undefined) return {};
  return { waited: [...before ?? [], ...waited ?? []] };
}

/** Ids as ranges, neighbours joined. */
export function toRanges(ids: readonly number[]): EntryRange[] {
  const ranges: { first: number; last: number }[] = [];
  for (const id of ids.toSorted((a, b) => a - b)) {
    const range = ranges.at(-1);
    if (range?.last === id - 1) range.last = id;
    else ranges.push({ first: id, last: id });
  }
  return ranges;
}
