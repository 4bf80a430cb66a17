/**
 * Which rule says how long the events of a topic are kept, and which rules are refused?
 */
import assert from "node:assert/strict";
import { keptMs, parseRetention, secondsKept } from "../lib/retention.ts";

const DAY_MS = 86_400_000;

/** How many days events of a topic are kept. */
const days = (rules: string, topic: string) => keptMs(parseRetention(rules), topic) / DAY_MS;

Deno.test("parseRetention() takes an age in any unit, for every topic", () => {
  for (
    const [age, ms] of [
      ["1s", 1_000],
      ["90m", 5_400_000],
      ["12h", DAY_MS / 2],
      ["30d", 30 * DAY_MS],
      ["2w", 14 * DAY_MS],
      ["1y", 365 * DAY_MS],
      ["2592000s", 30 * DAY_MS],
      ["100y", 36_500 * DAY_MS],
      ["forever", Infinity],
    ] as const
  ) {
    assert.deepEqual(parseRetention(age), [{ topic: "*", keptMs: ms }]);
    assert.deepEqual(parseRetention(`*=${age}`), parseRetention(age));
  }
});

Deno.test("keptMs() of a topic is that of the first rule that matches, else for ever", () => {
  const rules = "app.debug.>=1d, audit.>=forever,app.*.x=2d,a.b=3d,*=30d";
  assert.equal(days(rules, "app.debug.x"), 1);
  assert.equal(days(rules, "app.debug.x.y"), 1);
  assert.equal(days(rules, "app.debug"), 30);
  assert.equal(days(rules, "app.trace.x"), 2);
  assert.equal(days(rules, "audit.login"), Infinity);
  assert.equal(days(rules, "a.b"), 3);
  assert.equal(days(rules, "aXb"), 30);
  assert.equal(days("a.b=3d", "c"), Infinity);
  assert.equal(days("forever", "a"), Infinity);
});

Deno.test("keptMs() matches topics of any characters", () => {
  assert.equal(days("a.*=1d", "a.b=c,d"), 1);
  assert.equal(days("a b.>=1d", "a b.c"), 1);
  assert.equal(days("a.>=1d", "a.\n.ä😀"), 1);
  assert.equal(days("*=1d", "\n"), 1);
});

Deno.test("secondsKept() is null where events are kept for ever", () => {
  assert.equal(secondsKept(parseRetention("90m"), "a"), 5_400);
  assert.equal(secondsKept([], "a"), null);
});

Deno.test("parseRetention() refuses what is no age", () => {
  for (
    const rules of [
      "30",
      "d",
      "0d",
      "-1d",
      "1.5d",
      "1D",
      "30 days",
      "1d12h",
      "101y",
      "9999999999y",
      "Forever",
      "=1d",
      "a=",
      "a",
      "1d,",
      ",1d",
      "a=1d;b=2d",
      "a=1d b=2d",
    ]
  ) {
    assert.throws(() => parseRetention(rules), /^RangeError: an age such as 30d.*audit.>=forever/);
  }
});

Deno.test("parseRetention() refuses a rule that none of its topics would ever reach", () => {
  for (
    const rules of [
      "*=30d,audit.>=forever",
      "30d,audit=forever",
      "30d,1d",
      "a.>=1d,a.b=2d",
      "a.>=1d,a.*=2d",
      "a.>=1d,a.*.c=2d",
      "a.>=1d,a.b.>=2d",
      "a.*=1d,a.b=2d",
      "a=1d,b=1d,a=2d",
      ">=1d,*=2d",
      ">=1d,a=2d",
    ]
  ) {
    assert.throws(
      () => parseRetention(rules),
      /order in which each rule applies: "\S+" never does/,
    );
  }
  for (
    const rules of [
      "audit.>=forever,*=30d",
      "a.b=1d,a.*=2d,a.>=3d,*=4d",
      "a.*=1d,a.>=2d",
      "a.*.>=1d,a.>=2d",
      "a.*.c=1d,a.b.*=2d",
      "a.>=1d,a=2d",
    ]
  ) {
    assert.equal(parseRetention(rules).length, rules.split(",").length);
  }
});
