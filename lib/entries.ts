/**
 * How requests are gathered to entries, and entries to deliveries.
 */
import {
  MAX_DELIVERY_BYTES,
  MAX_DELIVERY_EVENTS,
  MAX_ENTRY_BYTES,
  MAX_ENTRY_EVENTS,
} from "./limits.ts";
import type { Draft, Entries } from "./protocol.ts";

/** The events of one request, as JSON separated by commas. */
interface Request {
  readonly events: number;
  readonly json: Uint8Array;
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
    const json = new Uint8Array(bytes - 1);
    let at = 0;
    for (let next = from; next < to; next++) {
      if (next > from) json[at++] = COMMA;
      json.set(requests[next]!.json, at);
      at += requests[next]!.json.length;
    }
    drafts.push({ events, acceptedAt, json });
  }
  return drafts;
}

const COMMA = 0x2c;

/**
 * Adds entries to the end of a list: joined with the last of it where both make one delivery. So a
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
    last === undefined || last.events + next.events > MAX_DELIVERY_EVENTS ||
    last.bytes + next.bytes > MAX_DELIVERY_BYTES
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
  };
}
