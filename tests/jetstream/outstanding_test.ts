/**
 * Is an entry done when all of it is applied, and no sooner, whatever is heard how often?
 */
import assert from "node:assert/strict";
import fc from "fast-check";
import { Outstanding } from "../../lib/jetstream/outstanding.ts";
import type { DividedEntry } from "../../lib/protocol.ts";

const divided = (entry: number, parts: number[], more: Partial<DividedEntry> = {}) => ({
  entry,
  acceptedAt: 1_000 + entry,
  bytes: 10,
  parts,
  ...more,
});

Deno.test("an entry is done with the last of its parts, each counted once", () => {
  const anyEntries = fc.array(
    fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 4 }),
    {
      minLength: 1,
      maxLength: 5,
    },
  );
  fc.assert(fc.property(anyEntries, fc.infiniteStream(fc.nat()), (entries, random) => {
    const outstanding = new Outstanding();
    for (const [at, parts] of entries.entries()) outstanding.add(divided(at + 1, parts));
    const all = entries.flatMap((parts, at) => parts.map((_, nth) => [at + 1, nth + 1] as const));
    const left = new Set(all.map(String));
    const done = new Set<number>();
    let events = 0;
    // In any order, many of them more than once.
    while (left.size > 0) {
      const told = all[random.next().value! % all.length]!;
      left.delete(String(told));
      const result = outstanding.apply([told, told]);
      events += result.events;
      for (const { entry } of result.done) {
        assert.ok(!done.has(entry));
        assert.ok([...left].every((one) => !one.startsWith(`${entry},`)));
        done.add(entry);
      }
    }
    assert.equal(events, entries.flat().reduce((sum, count) => sum + count));
    assert.equal(done.size, entries.length);
    assert.equal(outstanding.size, 0);
  }));
});

Deno.test("what is not known, or no part of an entry, changes nothing", () => {
  const outstanding = new Outstanding();
  outstanding.add(divided(1, [2]));
  assert.deepEqual(outstanding.apply([[2, 1], [1, 0], [1, 2], [1, -1]]), { events: 0, done: [] });
  assert.equal(outstanding.size, 1);
});

Deno.test("messages are counted while the stream holds them and they are not known to be applied", () => {
  const outstanding = new Outstanding();
  outstanding.add(divided(1, [1, 1, 1]));
  outstanding.add(divided(1, [1, 1, 1]));
  assert.equal(outstanding.messages, 0);
  outstanding.apply([[1, 2]]);
  outstanding.publish({ entry: 1, seqs: [1, 2, 3] }, 0);
  outstanding.publish({ entry: 1, seqs: [4, 5, 6] }, 0);
  assert.equal(outstanding.messages, 2);
  outstanding.apply([[1, 2], [1, 1]]);
  assert.equal(outstanding.messages, 1);
  outstanding.apply([[1, 3]]);
  assert.equal(outstanding.messages, 0);
});

Deno.test("verdicts of parts are told in the order of the entry's events", () => {
  const outstanding = new Outstanding();
  const positions = [[0, 2], [1]];
  outstanding.add(divided(1, [2, 1], { positions }));
  outstanding.add(divided(2, [2, 1], { positions }));
  const first = { verdicts: ["stored", "duplicate"], firstReceivedAt: [5, 1] } as const;
  const second = { verdicts: ["dead_letter"], firstReceivedAt: [5] } as const;
  outstanding.apply([[1, 2], [2, 2]], [{ entry: 1, part: 2, ...second }]);
  const { done } = outstanding.apply([[1, 1], [2, 1]], [
    { entry: 1, part: 1, ...first },
    { entry: 2, part: 1, ...first },
  ]);
  assert.deepEqual(done.map(({ entry, waited, verdicts }) => [entry, waited, verdicts]), [
    [1, true, {
      entry: 1,
      verdicts: ["stored", "dead_letter", "duplicate"],
      firstReceivedAt: [5, 5, 1],
    }],
    // Of one part nothing was told.
    [2, true, undefined],
  ]);
});

Deno.test("silent() tells of entries that were published some time ago, in turn", () => {
  const outstanding = new Outstanding();
  for (const entry of [1, 2, 3, 4]) outstanding.add(divided(entry, [1]));
  for (const entry of [1, 2, 3]) outstanding.publish({ entry, seqs: [entry] }, entry * 100);
  const ids = (...args: Parameters<Outstanding["silent"]>) =>
    outstanding.silent(...args).map(({ entry }) => entry);
  assert.deepEqual(ids(250, 0, 9), [1, 2]);
  assert.deepEqual(ids(1_000, 0, 2), [1, 2]);
  assert.deepEqual(ids(1_000, 2, 2), [3]);
  outstanding.lose(2);
  assert.deepEqual(ids(1_000, 0, 9), [1, 3]);
  outstanding.publish({ entry: 2, seqs: [7] }, 400);
  assert.deepEqual(outstanding.silent(1_000, 1, 1), [{ entry: 2, seqs: [7] }]);
});
