/**
 * Is a chart drawn right, whatever is known of it?
 */
import assert from "node:assert/strict";
import { area, highest, line, scaleTo, stack } from "../lib/browser/chart.ts";
import { newRandom } from "./helpers/random.ts";

Deno.test("scaleTo() holds the highest value, with few round marks from 0 to its top", () => {
  const random = newRandom();
  for (let round = 0; round < 500; round++) {
    const most = (1 + random.below(1e6)) * 10 ** (random.below(12) - 8);
    const { top, marks } = scaleTo(most);
    assert.ok(top >= most && top < 2.5 * most, `${top} for ${most}`);
    assert.ok(marks.length >= 2 && marks.length <= 5, `${marks.length} marks for ${most}`);
    assert.deepEqual([marks[0], marks.at(-1)], [0, top]);
    for (const mark of marks) {
      assert.ok(String(mark).replace(/0/g, "").length <= 3, `${mark} for ${most}`);
    }
  }
});

Deno.test("scaleTo() of nothing is a scale all the same", () => {
  for (const most of [0, NaN, -1]) assert.deepEqual(scaleTo(most), { top: 1, marks: [0, 1] });
});

Deno.test("highest() leaves out what is not known", () => {
  assert.equal(highest([[null, 3], [7, null]]), 7);
  assert.equal(highest([[null], []]), 0);
});

Deno.test("stack() adds up from below, and knows no more than its parts", () => {
  assert.deepEqual(stack([[1, null, 3], [10, null, 30], [100, null, 300]]), [
    [1, null, 3],
    [11, null, 33],
    [111, null, 333],
  ]);
});

Deno.test("line() breaks where nothing is known", () => {
  assert.equal(line([10, null, null, 0, 5], 10), "M0 0M3 100L4 50");
  assert.equal(line([null, null], 10), "");
});

Deno.test("area() is what lies between a column and the one below it", () => {
  assert.equal(area([6, 8], [2, 4], 10), "M0 40L1 20L1 60L0 80Z");
  assert.equal(area([10, null, 10], undefined, 10), "M0 0L0 100ZM2 0L2 100Z");
});
