import assert from "node:assert/strict";
import { Deadlines } from "../../lib/ingest/deadlines.ts";

/** Resolves with what was due by the time that the last of them is. */
function allDue(deadlines: Deadlines, ms: readonly number[]): Promise<number[]> {
  const due: number[] = [];
  return new Promise((resolve) => {
    for (const one of ms) {
      deadlines.set(one, () => {
        due.push(one);
        if (one === Math.max(...ms)) resolve(due);
      });
    }
  });
}

Deno.test("deadlines are due in their order, whatever the order in which they are set", async () => {
  assert.deepEqual(await allDue(new Deadlines(), [40, 1, 80]), [1, 40, 80]);
});

Deno.test("a deadline that is taken back is not due, and those after it are", async () => {
  const deadlines = new Deadlines();
  const takeBack = deadlines.set(1, () => assert.fail("it was taken back"));
  takeBack();
  assert.deepEqual(await allDue(deadlines, [20]), [20]);
  takeBack();
});
