/**
 * What the tail keeps of the events that come.
 */
import assert from "node:assert/strict";
import { recentShares, tailRow, withNew } from "../lib/browser/tail.ts";

const rows = (...seqs: number[]) => seqs.map((seq) => tailRow(JSON.stringify({ seq }), true));
const seqs = (rows: ReturnType<typeof withNew>) => rows.map(({ event }) => event.seq);

Deno.test("withNew() puts the latest on top and drops the oldest", () => {
  assert.deepEqual(seqs(withNew(rows(2, 1), rows(3, 4, 5), 4)), [5, 4, 3, 2]);
});

Deno.test("withNew() shows no event twice", () => {
  assert.deepEqual(seqs(withNew(rows(3, 2, 1), rows(2, 3, 4), 10)), [4, 3, 2, 1]);
});

Deno.test("recentShares() forgets what is long ago", () => {
  const share = (at: number) => ({ at, shown: 1, skipped: 1 });
  assert.deepEqual(recentShares([share(0), share(2_000), share(3_000)], 4_000), [
    share(2_000),
    share(3_000),
  ]);
});
