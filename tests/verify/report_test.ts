import assert from "node:assert/strict";
import type { Findings } from "./judge.ts";
import { planRound } from "./plan.ts";
import { conclusion, details, failure, roundLine, table } from "./report.ts";
import type { RoundResult } from "./round.ts";

const SEED = "a";

function findings(fields: Partial<Findings> = {}): Findings {
  const none = { count: 0, first: [] };
  return {
    lost: none,
    doubled: none,
    invented: none,
    spoiled: none,
    counterError: 0,
    wrongCounters: [],
    ...fields,
  };
}

function result(fields: Partial<RoundResult> = {}): RoundResult {
  return {
    plan: { ...planRound(SEED, 1), kind: "kill both" },
    acknowledged: 12_345,
    inDoubt: 67,
    findings: findings(),
    answeredMs: 1_000,
    settledMs: 2_000,
    tookMs: 3_000,
    failure: undefined,
    ...fields,
  };
}

const lost = findings({
  lost: { count: 2, first: [{ event_id: "id", topic: "t" }] },
  counterError: 3,
  wrongCounters: ["received 1, not 4"],
});

Deno.test("roundLine() says what was sent, what was found and how long it took", () => {
  assert.equal(
    roundLine(result(), 3, 30).replaceAll(/ +/g, " "),
    " 3/30 kill both ok 12,345 acknowledged, 67 in doubt, 0 lost, 0 doubled, counter error 0, " +
      "202 after 1.00 s, settled after 2.00 s, took 3.00 s",
  );
  assert.match(roundLine(result({ findings: lost }), 1, 1), /FAIL .* 2 lost, .* counter error 3/);
  const broken = result({ findings: undefined, failure: "why", settledMs: undefined });
  assert.match(roundLine(broken, 1, 1), /FAIL .* not judged, .* settled after -/);
});

Deno.test("table() is Markdown, a line for each fault in a fixed order, and their sum", () => {
  const lines = table([
    result({ answeredMs: 3_000 }),
    result({ plan: { ...planRound(SEED, 1), kind: "kill service" }, settledMs: undefined }),
    result({ findings: lost, answeredMs: 2_000 }),
    result(),
  ]);
  assert.deepEqual(lines.map((line) => line.replaceAll(/ +/g, " ").replaceAll(/-+/g, "-")), [
    "| fault | rounds | acknowledged | in doubt | lost | doubled | counter error | 202 again (p50, max) | settled (p50, max) |",
    "| - | -: | -: | -: | -: | -: | -: | -: | -: |",
    "| kill service | 1 | 12,345 | 67 | 0 | 0 | 0 | 1.00 s, 1.00 s | -, - |",
    "| kill both | 3 | 37,035 | 201 | 2 | 0 | 3 | 2.00 s, 3.00 s | 2.00 s, 2.00 s |",
    "| all | 4 | 49,380 | 268 | 2 | 0 | 3 | 1.00 s, 3.00 s | 2.00 s, 2.00 s |",
  ]);
  assert.equal(new Set(lines.map((line) => line.length)).size, 1);
});

Deno.test("failure() names the first keys and says how to play the round again", () => {
  assert.deepEqual(failure(SEED, result({ findings: lost })), [
    "Round 1 failed: kill both",
    "  lost: 2, first id of t",
    "  counter: received 1, not 4",
    "  again: deno task verify --seed a --round 1",
  ]);
  const several = result({ findings: undefined, failure: "why" });
  const [, why, again] = failure(SEED, {
    ...several,
    plan: { ...several.plan, topology: "several" },
  });
  assert.equal(why, "  why");
  assert.equal(again, "  again: deno task verify --seed a --round 1 --topology several");
  assert.deepEqual(details(findings()), []);
});

Deno.test("conclusion() is one line with the seed", () => {
  assert.equal(
    conclusion(SEED, [result(), result()], true),
    "OK: 2 rounds, 24,690 events acknowledged: none lost, none stored twice, " +
      "all counters exact (seed a)",
  );
  assert.equal(conclusion(SEED, [result()], false), "FAILED after 1 round (seed a)");
});
