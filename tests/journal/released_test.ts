/**
 * Is an entry the oldest exactly as long as it is the first that was not released, in whatever order that
 * happens?
 */
import assert from "node:assert/strict";
import fc from "fast-check";
import { Released } from "../../lib/journal/released.ts";

const releases = fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 20 }).chain(
  (spans) => {
    let next = 7;
    const ranges = spans.map((span) => {
      const range = { first: next, last: next + span - 1 };
      next += span;
      return range;
    });
    return fc.shuffledSubarray(ranges);
  },
);

Deno.test("the oldest entry is the first that was not released", () => {
  fc.assert(fc.property(releases, (ranges) => {
    const released = new Released(7);
    const ids = new Set<number>();
    for (const range of ranges) {
      released.add(range);
      for (let id = range.first; id <= range.last; id++) ids.add(id);
      let oldest = 7;
      while (ids.has(oldest)) oldest++;
      assert.equal(released.oldest, oldest);
    }
  }));
});
