/**
 * Do numbers, sizes and times read well, at each turn from one unit to the next?
 */
import assert from "node:assert/strict";
import { bytes, count, percent, span } from "../lib/browser/format.ts";

Deno.test("count() separates thousands and shows no fractions", () => {
  assert.deepEqual([0, 999, 1000, 1204418, 12.4].map(count), [
    "0",
    "999",
    "1,000",
    "1,204,418",
    "12",
  ]);
});

Deno.test("percent() has one digit, and nothing of nothing is 0 %, neither breaks", () => {
  assert.equal(percent(0, 0), "0\u00a0%");
  assert.equal(percent(0, 7), "0.0\u00a0%");
  assert.equal(percent(1, 3), "33.3\u00a0%");
  assert.equal(percent(5, 5), "100.0\u00a0%");
});

Deno.test("bytes() takes the largest unit that fits, with a digit where it is small", () => {
  const sizes: Record<number, string> = {
    0: "0 B",
    1023: "1023 B",
    1024: "1.0 KiB",
    [10 * 1024]: "10 KiB",
    [118 * 1024]: "118 KiB",
    [1024 ** 2]: "1.0 MiB",
    [2.5 * 1024 ** 2]: "2.5 MiB",
    [1024 ** 3]: "1.0 GiB",
    [1500 * 1024 ** 3]: "1500 GiB",
  };
  for (const [n, text] of Object.entries(sizes)) assert.equal(bytes(Number(n)), text);
});

Deno.test("span() takes the largest unit that fits, and is never negative", () => {
  const spans: Record<string, string> = {
    "-5": "0 ms",
    "0": "0 ms",
    "38": "38 ms",
    "999": "999 ms",
    "1000": "1 s",
    "59999": "59 s",
    "60000": "1 min",
    "3599999": "59 min",
    "3600000": "1 h",
    "86399999": "23 h",
    "86400000": "1 d",
    "1036800000": "12 d",
  };
  for (const [ms, text] of Object.entries(spans)) assert.equal(span(Number(ms)), text);
});
