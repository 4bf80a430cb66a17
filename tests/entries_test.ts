/**
 * Do requests become entries, and entries deliveries, with nothing lost, in order and within bounds?
 */
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import fc from "fast-check";
import { pushEntries, toDrafts, withTraces } from "../lib/entries.ts";
import {
  MAX_DELIVERY_BYTES,
  MAX_DELIVERY_EVENTS,
  MAX_DELIVERY_TRACES,
  MAX_ENTRY_BYTES,
  MAX_ENTRY_EVENTS,
} from "../lib/limits.ts";
import type { Draft } from "../lib/entries.ts";
import type { Entries } from "../lib/protocol.ts";

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** Requests of so many events each, with bodies of a given size. */
const requests = (count: number, events: number, bytes = 1) =>
  Array.from({ length: count }, (_, n) => ({
    events,
    json: new Uint8Array(bytes).fill("a".charCodeAt(0) + n % 26),
  }));

Deno.test("toDrafts() joins requests by commas, in order", () => {
  const appends = ["a", "bb", "", "c"].map((text) => ({ events: 1, json: encoder.encode(text) }));
  const [draft, ...others] = toDrafts(appends, 42);
  assert.deepEqual(others, []);
  assert.deepEqual([draft!.events, draft!.acceptedAt], [4, 42]);
  assert.equal(decoder.decode(draft!.json), "a,bb,,c");
});

Deno.test("toDrafts() makes nothing of nothing", () => {
  assert.deepEqual(toDrafts([], 42), []);
});

Deno.test("toDrafts() fills an entry up to the most events and starts another with the next", () => {
  const half = MAX_ENTRY_EVENTS / 2;
  const counts = (appends: Parameters<typeof toDrafts>[0]) =>
    toDrafts(appends, 0).map(({ events }) => events);
  assert.deepEqual(counts(requests(2, half)), [MAX_ENTRY_EVENTS]);
  assert.deepEqual(counts(requests(3, half)), [MAX_ENTRY_EVENTS, half]);
  assert.deepEqual(counts([...requests(1, half), ...requests(1, half + 1)]), [half, half + 1]);
});

Deno.test("toDrafts() fills an entry up to the most bytes, commas included", () => {
  const sizes = (...bytes: number[]) =>
    toDrafts(bytes.flatMap((size) => requests(1, 1, size)), 0).map(({ json }) => json.length);
  const half = MAX_ENTRY_BYTES / 2;
  assert.deepEqual(sizes(half, half - 1), [MAX_ENTRY_BYTES]);
  assert.deepEqual(sizes(half, half), [half, half]);
  assert.deepEqual(sizes(half, half, 1), [half, half + 2]);
});

Deno.test("toDrafts() leaves a request whole that alone is beyond the bounds", () => {
  const large = requests(1, MAX_ENTRY_EVENTS * 3, MAX_ENTRY_BYTES + 5);
  const small = requests(1, 1);
  const drafts = toDrafts([...small, ...large, ...small], 0);
  assert.deepEqual(drafts.map(({ events }) => events), [1, MAX_ENTRY_EVENTS * 3, 1]);
  assert.deepEqual(drafts[1]!.json, large[0]!.json);
});

/** What many requests are made of without making as many buffers. */
const NOISE = Uint8Array.from({ length: MAX_ENTRY_BYTES + 100 }, (_, at) => at * 31 % 251);

const appends = fc.array(
  fc.record({
    events: fc.oneof(fc.integer({ min: 1, max: 50 }), fc.integer({ min: 1, max: 3_000 })),
    json: fc.tuple(
      fc.nat(90),
      fc.oneof(
        { weight: 6, arbitrary: fc.nat(1_000) },
        { weight: 1, arbitrary: fc.nat(MAX_ENTRY_BYTES + 10) },
        {
          weight: 1,
          arbitrary: fc.integer({ min: -3, max: 3 }).map((n) => MAX_ENTRY_BYTES / 2 + n),
        },
      ),
    ).map(([from, bytes]) => NOISE.subarray(from, from + bytes)),
  }),
  { maxLength: 12 },
);

const sum = (numbers: readonly number[]) => numbers.reduce((total, n) => total + n, 0);

/** Which of the requests each draft must have been made of, going by its size. */
function shareOut<Append extends { json: Uint8Array }>(
  drafts: readonly Draft[],
  appends: readonly Append[],
): Append[][] {
  let next = 0;
  const shares = drafts.map(({ json }) => {
    const first = next;
    for (let bytes = -1; bytes < json.length; next++) bytes += 1 + appends[next]!.json.length;
    return appends.slice(first, next);
  });
  assert.equal(next, appends.length);
  return shares;
}

const joined = (parts: readonly { json: Uint8Array }[]) =>
  Buffer.concat(parts.flatMap(({ json }, at) => at === 0 ? [json] : [encoder.encode(","), json]));

Deno.test("toDrafts() keeps every byte and counts every event of any requests, in order", () => {
  fc.assert(fc.property(appends, (appends) => {
    const drafts = toDrafts(appends, 42);
    assert.ok(joined(drafts).equals(joined(appends)));
    for (const [at, share] of shareOut(drafts, appends).entries()) {
      const { events, acceptedAt } = drafts[at]!;
      assert.deepEqual([events, acceptedAt], [sum(share.map((append) => append.events)), 42]);
    }
  }));
});

Deno.test("toDrafts() of any requests stays within bounds unless one alone exceeds them, and makes no more entries than that takes", () => {
  const fits = (appends: readonly { events: number; json: Uint8Array }[]) =>
    sum(appends.map(({ events }) => events)) <= MAX_ENTRY_EVENTS &&
    sum(appends.map(({ json }) => json.length)) + appends.length - 1 <= MAX_ENTRY_BYTES;
  fc.assert(fc.property(appends, (appends) => {
    const shares = shareOut(toDrafts(appends, 42), appends);
    for (const [at, share] of shares.entries()) {
      assert.ok(share.length === 1 || fits(share));
      const next = shares[at + 1]?.[0];
      assert.ok(next === undefined || !fits([...share, next]));
    }
  }));
});

/** Entries as the journal makes them: ids grow, some in between were damaged. */
const entries: fc.Arbitrary<Entries[]> = fc.array(
  fc.record({
    gap: fc.oneof({ weight: 4, arbitrary: fc.constant(1) }, fc.integer({ min: 2, max: 3 })),
    span: fc.nat(2),
    events: fc.oneof(fc.integer({ min: 1, max: 50 }), fc.integer({ min: 1, max: 3_000 })),
    bytes: fc.oneof(fc.nat(1_000), fc.nat(MAX_DELIVERY_BYTES + 10)),
    acceptedAt: fc.nat(),
  }),
).map((parts) => {
  let id = 0;
  return parts.map(({ gap, span, ...rest }) => {
    const first = id + gap;
    id = first + span;
    return { first, last: id, ...rest };
  });
});

Deno.test("pushEntries() of any entries keeps ranges without gaps, order, sums and when the first was accepted, within bounds and no shorter", () => {
  const fits = (entries: readonly Entries[]) =>
    sum(entries.map(({ events }) => events)) <= MAX_DELIVERY_EVENTS &&
    sum(entries.map(({ bytes }) => bytes)) <= MAX_DELIVERY_BYTES &&
    entries.every(({ first }, at) => at === 0 || first === entries[at - 1]!.last + 1);
  fc.assert(fc.property(entries, (entries) => {
    const list: Entries[] = [];
    for (const next of entries) pushEntries(list, next);
    let at = 0;
    for (const { first, last, events, bytes, acceptedAt } of list) {
      const end = entries.findIndex((entry) => entry.last === last) + 1;
      const those = entries.slice(at, end);
      assert.ok(those.length === 1 || fits(those));
      assert.ok(end === entries.length || !fits(entries.slice(at, end + 1)));
      assert.deepEqual([first, acceptedAt], [those[0]!.first, those[0]!.acceptedAt]);
      assert.equal(events, sum(those.map((entry) => entry.events)));
      assert.equal(bytes, sum(those.map((entry) => entry.bytes)));
      at = end;
    }
    assert.equal(at, entries.length);
  }));
});

Deno.test("pushEntries() leaves entries alone that were given to it", () => {
  const [one, two] = [1, 2].map((id) =>
    Object.freeze({ first: id, last: id, events: 1, bytes: 10, acceptedAt: id })
  ) as [Entries, Entries];
  const list = [one];
  pushEntries(list, two);
  assert.deepEqual(list, [{ first: 1, last: 2, events: 2, bytes: 20, acceptedAt: 1 }]);
});

/** An entry of one event. */
const entry = (id: number): Entries => ({
  first: id,
  last: id,
  events: 1,
  bytes: 1,
  acceptedAt: 0,
});

Deno.test("withTraces() gives each entry the traces of its own requests, and none where there is none", () => {
  const appends = ["a", undefined, "b", undefined].map((trace) => ({ trace }));
  const places = [7, 7, 8, 9].map((entry) => ({ entry, first: 0 }));
  assert.deepEqual(
    withTraces([entry(7), entry(8), entry(9)], appends, places),
    [{ ...entry(7), traces: ["a"] }, { ...entry(8), traces: ["b"] }, entry(9)],
  );
  const untraced = [entry(7)];
  assert.equal(withTraces(untraced, [{ trace: undefined }], places), untraced);
});

Deno.test("pushEntries() joins traces, the first ones where there are too many", () => {
  const list: Entries[] = [];
  for (let id = 1; id <= MAX_DELIVERY_TRACES + 5; id++) {
    pushEntries(list, { ...entry(id), traces: [String(id)] });
  }
  const [joined, ...others] = list;
  assert.deepEqual(others, []);
  assert.deepEqual(
    joined!.traces,
    Array.from({ length: MAX_DELIVERY_TRACES }, (_, n) => `${n + 1}`),
  );
});
