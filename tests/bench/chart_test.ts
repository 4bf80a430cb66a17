import assert from "node:assert/strict";
import { bars, draw } from "./chart.ts";

const figure = (name: string, median: number) => ({
  name,
  unit: "events/s",
  median,
  least: median,
  most: median,
});

Deno.test("bars() are what was committed by each way to publish, then the statement alone", () => {
  const all = bars([
    figure("bare statement", 100_000),
    figure("batches of 1, 1 connections: committed", 2_000),
    figure("batches of 1, 1 connections: accepted", 3_000),
    figure("batches of 5000, 4 connections: committed", 80_000.4),
  ]);
  assert.deepEqual(all, [
    { label: "single events, 1 connection", perSecond: 2_000 },
    { label: "batches of 5,000, 4 connections", perSecond: 80_000.4 },
    { label: "the statement alone", perSecond: 100_000 },
  ]);
});

Deno.test("bars() refuses a run without throughput", () => {
  assert.throws(() => bars([figure("resident memory", 200)]), /No throughput/);
});

Deno.test("draw() makes an SVG that says each bar and its number", () => {
  const theme = { file: "", text: "#000", rule: "#ccc", bar: "#0b7a66", reference: "#999" };
  const svg = draw([{ label: "single events", perSecond: 12_345.6 }], theme);
  assert.match(svg, /^<svg [^>]*xmlns="http:\/\/www\.w3\.org\/2000\/svg"/);
  assert.ok(svg.includes("single events") && svg.includes("12,346"));
});
