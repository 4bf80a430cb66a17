import assert from "node:assert/strict";
import { Gatherer, table } from "./results.ts";

function gathered() {
  const results = new Gatherer();
  for (const value of [30_000, 10_000, 20_000]) results.add("rate", "events/s", value);
  results.add("latency", "ms", 1.23456);
  return results.figures;
}

Deno.test("a figure is the median of its rounds, beside the least and the most", () => {
  assert.deepEqual(gathered(), [
    { name: "rate", unit: "events/s", median: 20_000, least: 10_000, most: 30_000 },
    { name: "latency", unit: "ms", median: 1.23456, least: 1.23456, most: 1.23456 },
  ]);
});

Deno.test("the table compares with earlier figures, and says what is new", () => {
  const earlier = [{ name: "rate", unit: "events/s", median: 10_000, least: 1, most: 1 }];
  assert.deepEqual(table(gathered(), earlier), [
    "|         | median |  least |   most |          | × earlier |",
    "| ------- | -----: | -----: | -----: | -------- | --------: |",
    "| rate    | 20,000 | 10,000 | 30,000 | events/s |      2.00 |",
    "| latency |   1.23 |   1.23 |   1.23 | ms       |       new |",
  ]);
});
