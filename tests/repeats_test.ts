/**
 * Does it show who is retrying, lately, and within bounds?
 */
import assert from "node:assert/strict";
import {
  MAX_HISTORY_SOURCES,
  MAX_RECENT_DUPLICATES,
  MAX_SOURCES,
  SOURCES_WINDOW,
} from "../lib/limits.ts";
import { NOTHING } from "../lib/outcome.ts";
import { Repeats } from "../lib/repeats.ts";

const START = Date.UTC(2026, 10, 22, 9, 30);

/** A delivery of one group. */
const from = (source: string, received: number, stored: number, topic = "t") => ({
  ...NOTHING,
  groups: [{ topic, source, received, stored }],
});

/** A delivery in which keys were repeated. */
const repeating = (...ids: string[]) => ({
  ...NOTHING,
  repeated: ids.map((event_id) => ({ event_id, topic: "t", source: "s" })),
});

Deno.test("sources() sums up what each source sent, those of most duplicates first", () => {
  const repeats = new Repeats();
  repeats.apply(from("a", 10, 8), START);
  repeats.apply(from("b", 5, 0), START);
  repeats.apply(from("a", 10, 9, "other"), START);
  repeats.apply(from("never repeats", 100, 100), START);
  assert.deepEqual(repeats.sources(START), [
    { source: "b", duplicates: 5, received: 5 },
    { source: "a", duplicates: 3, received: 20 },
  ]);
});

Deno.test("sources() forgets what is older than its window", () => {
  const repeats = new Repeats();
  const { stepMs, points } = SOURCES_WINDOW;
  repeats.apply(from("a", 10, 8), START);
  const last = START + stepMs * (points + 1) - 1;
  assert.equal(repeats.sources(last).length, 1);
  assert.equal(repeats.sources(last + 1).length, 0);
});

Deno.test("sources() are bounded, in what is watched and in what is shown", () => {
  const repeats = new Repeats();
  for (let n = 0; n < MAX_HISTORY_SOURCES; n++) repeats.apply(from(`s${n}`, n + 1, 0), START);
  repeats.apply(from("one too many", 1e6, 0), START);
  const sources = repeats.sources(START);
  assert.equal(sources.length, MAX_SOURCES);
  assert.equal(sources[0]!.source, `s${MAX_HISTORY_SOURCES - 1}`);
});

Deno.test("recent are the latest repeated keys, latest first, with the time at which they came", () => {
  const repeats = new Repeats();
  for (let n = 0; n < MAX_RECENT_DUPLICATES; n++) repeats.apply(repeating(`${n}`), START + n);
  repeats.apply(repeating("x", "y"), START + 1_000);
  const recent = repeats.recent;
  assert.equal(recent.length, MAX_RECENT_DUPLICATES);
  assert.deepEqual(recent.map(({ event_id }) => event_id).slice(0, 3), ["x", "y", "19"]);
  assert.deepEqual(recent[0], {
    event_id: "x",
    topic: "t",
    source: "s",
    at: new Date(START + 1_000).toISOString(),
  });
});
