/**
 * Is the `Prefer` header read as RFC 7240 writes it, and what was honoured told?
 */
import assert from "node:assert/strict";
import fc from "fast-check";
import { MAX_WAIT_SECONDS } from "../lib/limits.ts";
import { parsePrefer, preferenceHeaders } from "../lib/prefer.ts";

const waits: Record<string, number | undefined> = {
  "wait=1": 1,
  "WAIT=7": 7,
  " wait = 7 ": 7,
  'wait="7"': 7,
  "wait=007": 7,
  "foo, wait=7; bar=1": 7,
  'foo="a, wait=9, b\\"", wait=7': 7,
  "wait=7, wait=9": 7,
  [`wait=${MAX_WAIT_SECONDS}`]: MAX_WAIT_SECONDS,
  [`wait=${MAX_WAIT_SECONDS + 1}`]: MAX_WAIT_SECONDS,
  "wait=99999999999999999999": MAX_WAIT_SECONDS,
  "wait=0": undefined,
  "wait=-1": undefined,
  "wait=1.5": undefined,
  "wait=1e3": undefined,
  "wait=soon": undefined,
  "wait": undefined,
  "await=7": undefined,
  "wait 7": undefined,
  "foo; wait=7": undefined,
  'foo="wait=7': undefined,
  "": undefined,
};

for (const [header, seconds] of Object.entries(waits)) {
  Deno.test(`parsePrefer() reads ${JSON.stringify(header)} as a wait of ${seconds ?? "nothing"}`, () => {
    assert.equal(parsePrefer(header).waitSeconds, seconds);
  });
}

Deno.test("parsePrefer() knows respond-async, alone and beside wait", () => {
  for (
    const header of [
      "respond-async",
      "Respond-Async; x=1",
      "wait=5, respond-async",
      "a,respond-async",
    ]
  ) {
    assert.equal(parsePrefer(header).respondAsync, true, header);
  }
  for (const header of [null, "wait=5", "respond-async=no", "x=respond-async", '"respond-async"']) {
    assert.equal(parsePrefer(header).respondAsync, false, String(header));
  }
});

Deno.test("parsePrefer() takes any text whatever", () => {
  fc.assert(fc.property(fc.string({ unit: "binary" }), (text) => {
    const { waitSeconds = 1 } = parsePrefer(text);
    assert.ok(Number.isInteger(waitSeconds) && waitSeconds >= 1 && waitSeconds <= MAX_WAIT_SECONDS);
  }));
});

Deno.test("preferenceHeaders() tells what was honoured, and nothing where nothing was asked", () => {
  const cases: [header: string | null, answered: boolean, applied: string | undefined][] = [
    [null, false, undefined],
    ["foo, wait=0", false, undefined],
    ["respond-async", false, "respond-async"],
    ["wait=5", true, "wait=5"],
    ["wait=5", false, "wait=5"],
    ["wait=500", true, `wait=${MAX_WAIT_SECONDS}`],
    ["wait=5, respond-async", true, "wait=5"],
    ["wait=5, respond-async", false, "respond-async, wait=5"],
  ];
  for (const [header, answered, applied] of cases) {
    const headers = preferenceHeaders(parsePrefer(header), answered);
    assert.deepEqual(
      headers,
      applied === undefined ? {} : {
        "preference-applied": applied,
        vary: "Prefer",
      },
    );
  }
});
