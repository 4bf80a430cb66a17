import assert from "node:assert/strict";
import { FAULT_POINTS } from "../../lib/fault.ts";
import { CLUSTER_KINDS, JETSTREAM_KINDS, KINDS, planRound } from "./plan.ts";

const plans = (seed: string, rounds: number) =>
  Array.from({ length: rounds }, (_, at) => planRound(seed, at + 1));

Deno.test("planRound() plans a round by seed and number alone", () => {
  const inOrder = plans("a", 50);
  const alone = Array.from({ length: 50 }, (_, at) => planRound("a", 50 - at)).reverse();
  assert.deepEqual(alone, inOrder);
  assert.notDeepEqual(plans("b", 50), inOrder);
});

Deno.test("planRound() visits every kind as often as any other, in changing order", () => {
  const cycles = Array.from(
    { length: 10 },
    (_, cycle) =>
      plans("a", 10 * KINDS.length).slice(cycle * KINDS.length, (cycle + 1) * KINDS.length),
  ).map((cycle) => cycle.map(({ kind }) => kind));
  for (const cycle of cycles) assert.deepEqual(new Set(cycle), new Set(KINDS));
  assert.equal(new Set(cycles.map(String)).size, 10);
});

Deno.test("planRound() lets each topology meet what it has", () => {
  for (
    const [topology, kinds] of [["jetstream", JETSTREAM_KINDS], ["cluster", CLUSTER_KINDS]] as const
  ) {
    const planned = kinds.map((_, at) => planRound("a", at + 1, topology));
    assert.deepEqual(new Set(planned.map(({ kind }) => kind)), new Set(kinds));
    for (const { kind, fault } of planned) {
      assert.equal(fault?.kills, / at /.test(kind) ? kills(kind) : undefined, kind);
    }
  }
});

const kills = (kind: string) => kind.startsWith("kill consumer ") ? "thread" : "process";

Deno.test("planRound() lets the service die at every point of the path, at many passes", () => {
  const faults = plans("a", 200).map(({ fault }) => fault).filter((fault) => fault !== undefined);
  for (const wanted of FAULT_POINTS.filter((point) => point !== "published")) {
    const passes = faults.filter(({ point, kills }) => point === wanted && kills === "process")
      .map(({ pass }) => pass);
    assert.ok(new Set(passes).size >= 5, `${wanted}: ${passes}`);
    assert.ok(passes.every((pass) => pass >= 1));
  }
});

Deno.test("planRound() arms a fault exactly where the kind names a point", () => {
  for (const { kind, fault } of plans("a", 100)) {
    const named = fault === undefined
      ? undefined
      : `kill ${fault.kills === "process" ? "service" : "consumer"} at ${fault.point}`;
    assert.equal(named, kind.includes(" at ") ? kind : undefined);
  }
});
