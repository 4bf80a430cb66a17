import assert from "node:assert/strict";
import { Tally } from "../../publisher/load.ts";
import { agrees, compare, type Sent, summary, verdict } from "../../publisher/report.ts";

const sent: Sent = { events: 100, unique: 70, inDoubtEvents: 0, freshKeys: true };

/** What differs when counters that stood at some values change by these. */
function differing(sent: Sent, received: number, unique: number, duplicates: number, dead = 0) {
  const before = {
    received: 1_000,
    unique_processed: 600,
    duplicate_dropped: 395,
    dead_letters: 5,
    pending: 0,
  };
  const after = {
    received: 1_000 + received,
    unique_processed: 600 + unique,
    duplicate_dropped: 395 + duplicates,
    dead_letters: 5 + dead,
    pending: 0,
  };
  return compare(sent, before, after).filter((row) => !agrees(row)).map((row) => row.counter);
}

Deno.test("compare() agrees only with the exact change", () => {
  assert.deepEqual(differing(sent, 100, 70, 30), []);
  assert.deepEqual(differing(sent, 99, 69, 30), ["received", "unique_processed"]);
  assert.deepEqual(differing(sent, 101, 70, 31), ["received", "duplicate_dropped"]);
  assert.deepEqual(differing(sent, 100, 71, 29), ["unique_processed", "duplicate_dropped"]);
  assert.deepEqual(differing(sent, 100, 70, 29), ["duplicate_dropped", "sum of the three"]);
  assert.deepEqual(differing(sent, 100, 69, 30, 1), ["unique_processed", "dead_letters"]);
});

Deno.test("compare() lets events in doubt count once more, as duplicates", () => {
  const doubtful = { ...sent, inDoubtEvents: 10 };
  for (const extra of [0, 4, 10]) {
    assert.deepEqual(differing(doubtful, 100 + extra, 70, 30 + extra), []);
  }
  assert.deepEqual(differing(doubtful, 111, 70, 41), ["received", "duplicate_dropped"]);
  assert.deepEqual(differing(doubtful, 99, 69, 30), ["received", "unique_processed"]);
  assert.deepEqual(differing(doubtful, 104, 72, 32), ["unique_processed"]);
  assert.deepEqual(differing(doubtful, 104, 70, 30), ["sum of the three"]);
});

Deno.test("compare() of a seed used again takes keys stored before as duplicates", () => {
  const again = { ...sent, freshKeys: false };
  assert.deepEqual(differing(again, 100, 0, 100), []);
  assert.deepEqual(differing(again, 100, 40, 60), []);
  assert.deepEqual(differing(again, 100, 71, 29), ["unique_processed", "duplicate_dropped"]);
  assert.deepEqual(differing(again, 99, 0, 99), ["received"]);
});

Deno.test("verdict() says OK and what widened the comparison", () => {
  const zero = {
    received: 0,
    unique_processed: 0,
    duplicate_dropped: 0,
    dead_letters: 0,
    pending: 0,
  };
  const after = { ...zero, received: 105, unique_processed: 70, duplicate_dropped: 35 };
  const wide = { ...sent, inDoubtEvents: 10, freshKeys: false };
  const [first, ...notes] = verdict(compare(wide, zero, after), wide);
  assert.equal(first, "OK: received 105 = unique 70 + duplicates 35");
  assert.match(notes[0]!, /^10 events in doubt/);
  assert.match(notes[1]!, /--seed/);
});

Deno.test("verdict() tabulates what differs", () => {
  const rows = [
    { counter: "received", least: 20_000, most: 20_100, actual: 19_999 },
    { counter: "dead_letters", least: 0, most: 0, actual: 0 },
  ];
  assert.deepEqual(verdict(rows, sent), [
    "DIFFERS: the server's counters did not change by what was sent",
    "  counter               expected  actual",
    "  received      20,000 to 20,100  19,999  differs",
    "  dead_letters                 0       0",
    "If another publisher wrote during the run, a difference is expected.",
  ]);
});

Deno.test("summary() tells sent, unique, duplicates, retries and latency", () => {
  const tally = new Tally();
  tally.startedAt = 0;
  tally.endedAt = 2_000;
  for (let ms = 1; ms <= 100; ms++) tally.accept({ body: "", events: 10, unique: 7 }, ms);
  tally.retries = 3;
  tally.inDoubtEvents = 20;
  const lines = summary(tally).join("\n");
  assert.match(lines, /^Sent +1,000 events in 2\.00 s, 500 events\/s$/m);
  assert.match(lines, /^Unique +700$/m);
  assert.match(lines, /^Duplicates +300 deliberate$/m);
  assert.match(lines, /^Retries +3, 20 events in doubt$/m);
  assert.match(lines, /^Latency +p50 50\.\d ms, p95 95\.\d ms, p99 99\.\d ms$/m);
});

Deno.test("summary() says where the publisher itself was the limit, and only there", () => {
  const tally = new Tally();
  tally.startedAt = 0;
  tally.endedAt = 2_000;
  tally.busyMs = 1_000;
  assert.doesNotMatch(summary(tally).join("\n"), /Limit/);
  tally.busyMs = 1_940;
  assert.match(summary(tally).join("\n"), /^Limit +this publisher: it computed 97 % of the time/m);
});
