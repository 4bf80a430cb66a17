/**
 * Does a ring hold the values of the latest slots, and of no other, whatever the pauses?
 */
import assert from "node:assert/strict";
import { Ring } from "../lib/ring.ts";

/** The first value of each finished slot. */
const first = (ring: Ring, now: number) => ring.slots(now).map(([value]) => value);

Deno.test("slots() are the finished ones, oldest first, the one that runs left out", () => {
  const ring = new Ring(10, 3);
  ring.add(0, 1, 100);
  ring.add(0, 2, 109);
  ring.add(0, 5, 110);
  assert.deepEqual(first(ring, 119), [0, 0, 3]);
  assert.deepEqual(first(ring, 120), [0, 3, 5]);
});

Deno.test("slots() can be those of the latest only", () => {
  const ring = new Ring(10, 3);
  for (const now of [100, 110, 120]) ring.add(0, now, now);
  assert.deepEqual(ring.slots(130, 2).map(([value]) => value), [110, 120]);
});

Deno.test("begins() says when each of the slots began", () => {
  const ring = new Ring(10, 3);
  assert.deepEqual(ring.begins(125), [90, 100, 110]);
});

Deno.test("a ring forgets a slot once as many have finished since", () => {
  const ring = new Ring(10, 3);
  ring.add(0, 7, 105);
  assert.deepEqual(first(ring, 139), [7, 0, 0]);
  assert.deepEqual(first(ring, 140), [0, 0, 0]);
});

Deno.test("a ring forgets all after a pause of any length, also one of whole rounds", () => {
  for (let slots = 4; slots < 20; slots++) {
    const ring = new Ring(10, 3);
    for (let now = 100; now < 140; now += 10) ring.add(0, 1, now);
    assert.deepEqual(first(ring, 130 + 10 * slots), [0, 0, 0], `${slots} slots`);
    assert.deepEqual([...ring.sums(130 + 10 * slots)], [0]);
  }
});

Deno.test("a ring counts to its newest slot while its clock is set back", () => {
  const ring = new Ring(10, 3);
  ring.add(0, 1, 125);
  ring.add(0, 2, 61);
  assert.deepEqual(first(ring, 130), [0, 0, 3]);
});

Deno.test("the values of a slot are counted apart, and forgotten together", () => {
  const ring = new Ring(10, 2, 3);
  ring.add(0, 1, 100);
  ring.add(2, 5, 100);
  ring.add(1, 4, 110);
  assert.deepEqual(ring.slots(120).map((slot) => [...slot]), [[1, 0, 5], [0, 4, 0]]);
  assert.deepEqual(ring.slots(130).map((slot) => [...slot]), [[0, 4, 0], [0, 0, 0]]);
});

Deno.test("sums() are over all slots, the one that runs included", () => {
  const ring = new Ring(10, 2, 2);
  for (const now of [100, 110, 120]) ring.add(1, now, now);
  assert.deepEqual([...ring.sums(120)], [0, 330]);
});

Deno.test("peak() keeps the highest value of a slot", () => {
  const ring = new Ring(10, 2);
  for (const value of [3, 9, 5]) ring.peak(0, value, 100);
  ring.peak(0, 1, 110);
  assert.deepEqual(first(ring, 120), [9, 1]);
});
