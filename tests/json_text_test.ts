/**
 * Can JSON be taken apart as text, whatever stands in it?
 */
import assert from "node:assert/strict";
import { holdsBadText, splitValues } from "../lib/json_text.ts";

Deno.test("splitValues() takes apart what stand side by side, as they were written", () => {
  const written = [
    '{"a":"},{","b":"\\"]}"}',
    '{ "b" : [ {} , [ ] ],\n"c":1e3 }',
    "{}",
    '{"\\\\":"\\\\\\""}',
    "null",
    '"a,b"',
    "-1.50e3",
    "[1,[2]]",
  ];
  assert.deepEqual(splitValues(written.join(",")), written);
  assert.deepEqual(splitValues(`\n ${written.join(" ,\t")} `), written);
  assert.deepEqual(splitValues(""), []);
});

Deno.test("splitValues() is not overwhelmed by a string of 15 MB", () => {
  const large = JSON.stringify({ content: '"\\'.repeat(3_750_000) });
  assert.deepEqual(splitValues(`${large},{}`), [large, "{}"]);
});

Deno.test("holdsBadText() finds U+0000 and lone surrogates in names and values, hidden ones included", () => {
  for (const bad of ["\\u0000", "\\ud800", "\\udc00", "\\ud800\\ud800", "a\\\\\\u0000"]) {
    assert.ok(holdsBadText(`{"a":"${bad}"}`), bad);
    assert.ok(holdsBadText(`[{"${bad}":1}]`), bad);
    assert.ok(holdsBadText(`{"a":"${bad}","a":"good"}`), bad);
  }
});

Deno.test("holdsBadText() finds nothing in what only looks like it", () => {
  for (const good of ["\\\\u0000", "\\ud83d\\ude00", "u0000", "\\u00001".replace("0000", "0001")]) {
    assert.ok(!holdsBadText(`{"${good}":["${good}"]}`), good);
  }
});
