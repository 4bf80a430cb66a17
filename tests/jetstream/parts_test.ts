/**
 * Is an entry divided without loss, and always in the same way?
 */
import assert from "node:assert/strict";
import fc from "fast-check";
import { splitValues } from "../../lib/json_text.ts";
import { divide } from "../../lib/jetstream/parts.ts";
import { MAX_PART_CHARACTERS } from "../../lib/jetstream/limits.ts";
import { anyTopic } from "./topics.ts";

const anyEvent = fc.record({ topic: anyTopic, payload: fc.jsonValue() }).map((event) =>
  JSON.stringify(event)
);

Deno.test("divide() puts each event as it was written into one part, that of its topic", () => {
  fc.assert(fc.property(fc.array(anyEvent, { minLength: 1 }), (events) => {
    const found: string[] = [];
    const parts = divide(events.join(","));
    for (const [at, { part, topic, positions, json }] of parts.entries()) {
      assert.equal(part, at + 1);
      assert.deepEqual(positions, positions.toSorted((a, b) => a - b));
      for (const [nth, text] of splitValues(json).entries()) {
        assert.equal(JSON.parse(text).topic, topic);
        found[positions[nth]!] = text;
      }
    }
    assert.deepEqual(found, events);
    assert.equal(new Set(parts.map(({ topic }) => topic)).size, parts.length);
  }));
});

Deno.test("divide() begins a new part where one would be large, and leaves a large event alone", () => {
  const event = (n: number, characters: number) =>
    JSON.stringify({ topic: "a", n, filler: "x".repeat(characters) });
  const half = MAX_PART_CHARACTERS / 2 - 100;
  const sizes = [half, half, half, 2 * MAX_PART_CHARACTERS, 1, 1];
  const parts = divide(sizes.map((size, n) => event(n, size)).join(","));
  assert.deepEqual(parts.map(({ positions }) => positions), [[0, 1], [2], [3], [4, 5]]);
});

// What an entry's parts are called decides what is applied of it: never to be changed.
Deno.test("divide() divides this entry as every version must", () => {
  const topics = ["b", "a", "b", "c.*", "a", "b"];
  const parts = divide(topics.map((topic, n) => `{"topic":"${topic}","n":${n}}`).join(" , "));
  assert.deepEqual(parts.map(({ part, json }) => [part, json]), [
    [1, '{"topic":"b","n":0},{"topic":"b","n":2},{"topic":"b","n":5}'],
    [2, '{"topic":"a","n":1},{"topic":"a","n":4}'],
    [3, '{"topic":"c.*","n":3}'],
  ]);
  assert.equal(MAX_PART_CHARACTERS, 262_144);
});

Deno.test("divide() goes by the last member named topic, as PostgreSQL does", () => {
  assert.equal(divide('{"topic":"a","topic":"b"}')[0]?.topic, "b");
});
