/**
 * Is what is kept by name bounded, and does it keep what is heard of?
 */
import assert from "node:assert/strict";
import { Named } from "../lib/named.ts";

/** Room for two names, each idle after 100 ms. */
const two = () => new Named(2, 100, () => ({}));

Deno.test("hear() gives back the same for the same name", () => {
  const named = two();
  const a = named.hear("a", 0);
  assert.notEqual(named.hear("b", 0), a);
  assert.equal(named.hear("a", 1_000), a);
  assert.equal(named.get("a"), a);
  assert.deepEqual([...named].map(([name]) => name), ["b", "a"]);
});

Deno.test("hear() has nothing for a new name where all places are taken", () => {
  const named = two();
  named.hear("a", 0);
  assert.equal(named.full, false);
  named.hear("b", 50);
  assert.equal(named.full, true);
  assert.equal(named.hear("c", 100), undefined);
  assert.equal(named.get("c"), undefined);
});

Deno.test("hear() gives a new name the place of the one not heard of for longest, once it is idle", () => {
  const named = two();
  named.hear("a", 0);
  named.hear("b", 50);
  named.hear("a", 60);
  assert.equal(named.hear("c", 150), undefined, "b is not idle yet");
  assert.ok(named.hear("c", 151));
  assert.deepEqual([...named].map(([name]) => name), ["a", "c"]);
});
