import assert from "node:assert/strict";
import { parseOptions, UsageError } from "./options.ts";
import { plannedSeconds, QUICK_SECONDS } from "./quick.ts";

Deno.test("without flags all but the long parts are measured, five rounds of each", () => {
  const options = parseOptions(["--seed", "a"]);
  assert.deepEqual(options, {
    parts: ["throughput", "latency", "live", "dashboards", "steps", "original"],
    quick: false,
    rounds: 5,
    seed: "a",
    json: undefined,
    compare: undefined,
  });
});

Deno.test("flags choose parts, rounds and files", () => {
  const options = parseOptions(
    ["--", "--quick", "--only", "steps, growth", "--json", "a.json", "--compare", "b.json"],
  );
  assert.ok(options !== "help");
  assert.deepEqual(options.parts, ["steps", "growth"]);
  assert.deepEqual([options.rounds, options.json, options.compare], [3, "a.json", "b.json"]);
});

Deno.test("a quick run leaves out what takes long, and is planned to end well within two minutes", () => {
  const options = parseOptions(["--quick"]);
  assert.ok(options !== "help");
  assert.deepEqual(options.parts, ["throughput", "latency", "live", "steps", "original"]);
  for (const part of options.parts) assert.ok(QUICK_SECONDS[part]! > 0, part);
  assert.ok(plannedSeconds(options) <= 110, `${plannedSeconds(options)} s`);
});

Deno.test("--full adds the long parts", () => {
  const options = parseOptions(["--full"]);
  assert.ok(options !== "help" && options.parts.includes("growth"));
});

for (
  const [args, message] of [
    [["--rounds", "0"], /--rounds must be an integer from 1 to 100, is "0"/],
    [["--only", "speed"], /--only knows throughput, .*, not "speed"/],
    [["--quick", "--full"], /exclude each other/],
    [["--seed", "a b"], /--seed must be/],
    [["--fast"], /'--fast'/],
  ] as const
) {
  Deno.test(`${args.join(" ")} is refused in one line`, () => {
    assert.throws(
      () => parseOptions(args),
      (error) => error instanceof UsageError && message.test(error.message),
    );
  });
}
