import { deepEqual, equal, throws } from "node:assert/strict";
import { computed, Signal, signal } from "@preact/signals";
import { h } from "preact";

import { deserialize, serialize } from "../../lib/fresh/serialize.ts";

// deno-lint-ignore no-explicit-any
const roundTrip = (value: unknown): any => deserialize(serialize(value));

Deno.test("serialize() refers to elements by index and writes equal ones once", () => {
  equal(serialize({ a: "x", b: ["x", true] }), '[{"a":1,"b":2},"x",[1,3],true]');
  equal(serialize([undefined, null, NaN, Infinity, -Infinity, -0]), "[[-1,-2,-3,-4,-5,-6]]");
  equal(serialize(new Date(0)), '[["Date","1970-01-01T00:00:00.000Z"]]');
});

Deno.test("the browser reads the values that the server wrote", () => {
  const value = {
    text: "</script><!-- é \u2028",
    numbers: [0, -0, 1.5, NaN, Infinity],
    nothing: [undefined, null],
    // deno-lint-ignore no-sparse-arrays
    hole: [1, , 2],
    nested: { at: new Date(1e12), list: [{ a: 1 }, { a: 1 }], empty: {} },
    tag: ["Date", "not a date"],
  };
  deepEqual(roundTrip(value), { ...value, numbers: [0, 0, 1.5, NaN, Infinity] });
});

Deno.test("a signal given twice stays one signal", () => {
  const count = signal(3);
  const [a, b] = roundTrip([{ count }, { count }]);
  a.count.value++;
  equal(b.count.value, 4);
  equal(a.count, b.count);
});

Deno.test("a computed signal arrives with its value, and cannot be set", () => {
  const source = signal(2);
  const doubled = roundTrip(computed(() => source.value * 2));
  equal(doubled.value, 4);
  equal(doubled instanceof Signal, true);
  throws(() => doubled.value = 1);
});

Deno.test("cycles keep their shape", () => {
  const loop: { self?: unknown } = {};
  loop.self = loop;
  const copy = roundTrip(loop);
  equal(copy.self, copy);
});

Deno.test("what cannot be sent is an error, not a silent loss", () => {
  throws(() => serialize({ onClick: () => {} }), /Serializing functions is not supported/);
  for (const value of [new Map(), 10n, Symbol("s"), /x/, new Uint8Array(1), h("p", null)]) {
    throws(() => serialize({ value }), /is not supported/);
  }
});
