import assert from "node:assert/strict";
import { natsTest } from "../helpers/nats.ts";
import { HELP, parseOptions, UsageError } from "./options.ts";

function parse(...args: string[]) {
  const options = parseOptions(args);
  assert.ok(options !== "help");
  return options;
}

Deno.test("parseOptions() without flags gives ten rounds and a fresh seed", () => {
  const { seed, rounds } = parse();
  assert.deepEqual(rounds, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  assert.notEqual(seed, parse().seed);
  assert.equal(parse("--seed", seed).seed, seed);
});

Deno.test("parseOptions() takes a number of rounds, or one of them", () => {
  assert.deepEqual(parse("--rounds", "2", "--seed", "a-b_c.1"), {
    seed: "a-b_c.1",
    rounds: [1, 2],
    topology: "one",
  });
  assert.deepEqual(parse("--", "--seed=x", "--round", "17", "--topology", "several"), {
    seed: "x",
    rounds: [17],
    topology: "several",
  });
});

natsTest("parseOptions() takes topologies that need a nats-server where there is one", () => {
  assert.equal(parse("--topology", "jetstream").topology, "jetstream");
  assert.equal(parse("--topology", "cluster").topology, "cluster");
});

Deno.test("parseOptions() knows each flag that its help shows", () => {
  assert.equal(parseOptions(["-h"]), "help");
  const shown = HELP.matchAll(/^ {2}(?:-h, )?--([a-z-]+)( [A-Z]+)?/gm).toArray();
  assert.equal(shown.length, 5);
  for (const [, flag, value] of shown) {
    const wanted = value ? /argument missing/ : /does not take an argument/;
    assert.throws(() => parseOptions([`--${flag}${value ? "" : "=x"}`]), wanted);
  }
});

Deno.test("parseOptions() refuses what it cannot use in one line that names it", () => {
  for (
    const [args, message] of [
      [["--foo"], /^Unknown option '--foo'/],
      [["extra"], /^Unexpected argument 'extra'/],
      [["--rounds", "0"], /^--rounds must be an integer from 1 to 10000, is "0"$/],
      [["--rounds", "1e2"], /^--rounds must be an integer/],
      [["--round", "10001"], /^--round must be an integer from 1 to 10000, is "10001"$/],
      [["--round", "1", "--rounds", "2"], /^--round and --rounds exclude each other$/],
      [["--topology", "mesh"], /^--topology must be one, several, jetstream, cluster, is "mesh"$/],
      [["--seed", "a b"], /^--seed must be 1 to 64 letters/],
    ] as const
  ) {
    assert.throws(() => parseOptions(args), (error) => {
      assert.ok(error instanceof UsageError);
      assert.match(error.message, message);
      assert.doesNotMatch(error.message, /\n/);
      return true;
    });
  }
});
