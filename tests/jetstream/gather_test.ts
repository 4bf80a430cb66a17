import assert from "node:assert/strict";
import { Gatherer } from "../../lib/jetstream/gather.ts";
import type { Received } from "../../lib/jetstream/message.ts";
import { DELIVERY_EAGER_EVENTS, MAX_DELIVERY_EVENTS } from "../../lib/limits.ts";
import { DELIVERY_LINGER_MS } from "../../lib/jetstream/limits.ts";

const message = (entry: number, events: number, more: Partial<Received> = {}): Received => ({
  journal: "a",
  entry,
  part: 1,
  events,
  acceptedAt: 1,
  waited: false,
  traces: [],
  json: "{}",
  ...more,
});

const taken = (gatherer: Gatherer<Received>, now: number) =>
  gatherer.take(now)?.map(({ journal, entry }) => `${journal}${entry}`);

Deno.test("few events linger, many leave at once, and so does what somebody waits for", () => {
  const gatherer = new Gatherer<Received>();
  assert.equal(gatherer.dueInMs(0), undefined);
  gatherer.add(message(1, 1), 100);
  assert.equal(gatherer.dueInMs(105), DELIVERY_LINGER_MS - 5);
  assert.equal(taken(gatherer, 105), undefined);
  assert.deepEqual(taken(gatherer, 100 + DELIVERY_LINGER_MS), ["a1"]);
  gatherer.add(message(2, DELIVERY_EAGER_EVENTS), 200);
  assert.equal(gatherer.dueInMs(200), 0);
  assert.deepEqual(taken(gatherer, 200), ["a2"]);
  gatherer.add(message(3, 1, { waited: true }), 300);
  assert.deepEqual(taken(gatherer, 300), ["a3"]);
  assert.equal(gatherer.dueInMs(300), undefined);
});

Deno.test("a delivery holds messages of one journal, no more events than the bound", () => {
  const gatherer = new Gatherer<Received>();
  for (const entry of [1, 2, 3]) {
    gatherer.add(message(entry, MAX_DELIVERY_EVENTS / 2), 0);
    gatherer.add(message(entry, 1, { journal: "b" }), 0);
  }
  assert.ok(gatherer.isFull);
  const all = [1, 2, 3].map(() => taken(gatherer, DELIVERY_LINGER_MS));
  assert.deepEqual(all.toSorted(), [["a1", "a2"], ["a3"], ["b1", "b2", "b3"]]);
  assert.ok(!gatherer.isFull);
});

Deno.test("the same part never comes twice in one delivery", () => {
  const gatherer = new Gatherer<Received>();
  for (const part of [1, 2, 1]) gatherer.add(message(1, 1, { part }), 0);
  assert.deepEqual(taken(gatherer, DELIVERY_LINGER_MS), ["a1", "a1"]);
  assert.deepEqual(taken(gatherer, DELIVERY_LINGER_MS), ["a1"]);
});
