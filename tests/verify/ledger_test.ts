import assert from "node:assert/strict";
import type { Event } from "../../lib/event.ts";
import { eventSchema } from "../../lib/event.ts";
import { makeBatch, repeatBatch, toBatch } from "./batch.ts";
import { eventJson, keyOf, numberOf } from "./events.ts";
import { Ledger } from "./ledger.ts";
import { randomOf } from "./plan.ts";

Deno.test("numberOf() finds the number of each key, and no number for any other", () => {
  for (let number = 0; number < 5_000; number++) assert.equal(numberOf(keyOf(number)), number);
  const { event_id, topic } = keyOf(7);
  assert.equal(numberOf({ event_id, topic: topic + "x" }), undefined);
  assert.equal(numberOf({ event_id: "7", topic }), undefined);
  assert.equal(numberOf({ event_id: event_id.replace("-3", "-4"), topic }), undefined);
});

Deno.test("keyOf() gives each id to two keys", () => {
  assert.equal(keyOf(6).event_id, keyOf(7).event_id);
  assert.notEqual(keyOf(6).topic, keyOf(7).topic);
});

Deno.test("makeBatch() makes valid events, in single objects and in arrays of 1 to 200", () => {
  const ledger = new Ledger();
  const random = randomOf("sizes");
  const sizes = Array.from({ length: 1_000 }, () => {
    const { body, numbers } = makeBatch(ledger, random);
    const value = JSON.parse(body);
    const events: Event[] = Array.isArray(value) ? value : [value];
    assert.deepEqual(events.map(numberOf), numbers);
    for (const event of events) eventSchema.parse(event);
    return Array.isArray(value) ? events.length : 0;
  });
  assert.ok(Math.max(...sizes) > 150 && Math.max(...sizes) <= 200);
  assert.ok(sizes.includes(1));
  const singles = sizes.filter((size) => size === 0).length;
  assert.ok(singles > 400 && singles < 600, `${singles}`);
});

Deno.test("makeBatch() repeats about 30 % of events, but never a witness or a dead letter", () => {
  const ledger = new Ledger();
  const random = randomOf("repeats");
  const batches = Array.from({ length: 2_000 }, () => makeBatch(ledger, random));
  const sent = batches.flatMap(({ numbers }) => numbers);
  const share = 1 - new Set(sent).size / sent.length;
  assert.ok(share > 0.25 && share < 0.35, `${share}`);
  const times = Map.groupBy(sent, (number) => number);
  for (const { witness } of batches) {
    assert.equal(times.get(witness)!.length, 1);
  }
  const poison = sent.filter((number) => ledger.isPoison(number));
  assert.ok(poison.length > 5);
  for (const number of poison) assert.equal(times.get(number)!.length, 1);
  const inOneBatch = batches.filter(({ numbers }) => new Set(numbers).size < numbers.length);
  assert.ok(inOneBatch.length > 100, `${inOneBatch.length}`);
});

Deno.test("repeatBatch() sends again what may be sent again, with a new witness", () => {
  const ledger = new Ledger();
  const random = randomOf("again");
  for (let time = 0; time < 100; time++) {
    const batch = makeBatch(ledger, random);
    const again = repeatBatch(batch, ledger);
    const expected = batch.numbers.filter((number) => ledger.isOrdinary(number));
    assert.deepEqual(again.numbers, [...expected, again.witness]);
    assert.ok(again.witness !== batch.witness);
  }
});

Deno.test("resolve() counts a batch in doubt by its witness", () => {
  const ledger = new Ledger();
  const accepted = toBatch([ledger.make("ordinary"), ledger.make("witness")], 1, ledger);
  const refused = toBatch([0, ledger.make("witness")], 2, ledger);
  const answered = toBatch([ledger.make("witness")], 3, ledger);
  ledger.doubt(accepted);
  ledger.doubt(refused);
  ledger.acknowledge(answered);
  for (const number of [1, 3]) assert.equal(ledger.sight(keyOf(number)).sighting, "first");
  assert.equal(ledger.resolve(), 3);
  // What came with the witness must be there, too.
  assert.deepEqual(ledger.missing(), [keyOf(0)]);
  assert.equal(ledger.resolve(), 3);
});

Deno.test("a ledger of many keys takes about a byte each", () => {
  const ledger = new Ledger();
  const before = Deno.memoryUsage().external + Deno.memoryUsage().heapUsed;
  for (let key = 0; key < 3_000_000; key++) ledger.make("ordinary");
  const after = Deno.memoryUsage().external + Deno.memoryUsage().heapUsed;
  assert.ok(after - before < 20e6, `${after - before}`);
  assert.equal(ledger.missing().length, 0);
});

Deno.test("eventJson() of a poisoned event is JSON that PostgreSQL cannot hold", () => {
  assert.match(eventJson(1, true), /"number":1e-20000/);
  assert.deepEqual(numberOf(JSON.parse(eventJson(1, true))), 1);
});
