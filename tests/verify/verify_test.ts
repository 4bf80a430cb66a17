/**
 * `deno task verify` as its users run it.
 */
import assert from "node:assert/strict";
import { natsTest } from "../helpers/nats.ts";
import { root, until } from "../helpers/service.ts";
import { killAll, listProcesses, treeOf } from "./processes.ts";
import { KINDS, planRound } from "./plan.ts";

/** Its first rounds kill all at once, a consumer, the service at a point of the path, and PostgreSQL. */
const SEED = "31";

/** Its first rounds kill the server of NATS that leads, a process that consumes, and a service. */
const CLUSTER_SEED = "1126";

function verify(...args: string[]) {
  return new Deno.Command(Deno.execPath(), {
    args: ["task", "--quiet", "verify", ...args],
    cwd: root,
    env: { NO_COLOR: "1" },
    stdout: "piped",
    stderr: "piped",
  }).spawn();
}

async function output(process: Deno.ChildProcess) {
  const { code, stdout, stderr } = await process.output();
  const decoder = new TextDecoder();
  return { code, stdout: decoder.decode(stdout), stderr: decoder.decode(stderr) };
}

/** Waits for the first process of PostgreSQL; all that run by then: the task, the command, the service … */
async function startedBy({ pid }: Deno.ChildProcess): Promise<number[]> {
  const processes = await until(listProcesses, (processes) => {
    const tree = treeOf(pid, processes);
    return processes.some(({ pid, name }) => tree.includes(pid) && name.endsWith("postgres"));
  });
  return treeOf(pid, processes);
}

async function exists(path: string) {
  return await Deno.stat(path).then(() => true, () => false);
}

Deno.test("deno task verify proves its rounds, ends with a table and leaves nothing behind", async () => {
  const { code, stdout, stderr } = await output(verify("--rounds", "2", "--seed", SEED));
  assert.equal(code, 0, stdout + stderr);
  const kinds = [1, 2].map((round) => planRound(SEED, round).kind);
  for (const [at, kind] of kinds.entries()) {
    assert.match(
      stdout,
      new RegExp(`^${at + 1}/2  ${kind} +ok .* 0 lost, 0 doubled, counter error 0`, "m"),
    );
  }
  const [, directory] = /^Seed 31, data in (.*)$/m.exec(stdout)!;
  assert.match(stdout, /^All [\d,]+ keys again: as they must be/m);
  const rows = stdout.matchAll(/^\| (.*?) +\| +(\d+) \|/gm).map((
    [, name, rounds],
  ) => [name, rounds]);
  assert.deepEqual([...rows], [
    ...KINDS.filter((kind) => kinds.includes(kind)).map((kind) => [kind, "1"]),
    ["all", "2"],
  ]);
  assert.match(stdout, /^OK: 2 rounds, [\d,]+ events acknowledged: .* \(seed 31\)$/m);
  assert.equal(await exists(directory!), false);
});

Deno.test("deno task verify proves a round of two aggregators, and leaves nothing behind of either", async () => {
  const flags = ["--topology", "several", "--round", "3", "--seed", SEED];
  const { code, stdout, stderr } = await output(verify(...flags));
  assert.equal(code, 0, stdout + stderr);
  assert.match(stdout, /^1\/1 +kill service at .* 0 lost, 0 doubled, counter error 0/m);
  const [, first, second] = /data in (\S+) and (\S+)$/m.exec(stdout)!;
  assert.deepEqual([await exists(first!), await exists(second!)], [false, false]);
});

natsTest("deno task verify lets a process that consumes from a stream die", async () => {
  const flags = ["--topology", "jetstream", "--round", "16", "--seed", SEED];
  const { code, stdout, stderr } = await output(verify(...flags));
  assert.equal(code, 0, stdout + stderr);
  assert.match(stdout, /^1\/1 +kill consume process +ok .* 0 lost, 0 doubled, counter error 0/m);
});

natsTest(
  "deno task verify proves rounds of a cluster, and leaves nothing behind of it",
  async () => {
    const flags = ["--topology", "cluster", "--rounds", "3", "--seed", CLUSTER_SEED];
    const { code, stdout, stderr } = await output(verify(...flags));
    assert.equal(code, 0, stdout + stderr);
    for (
      const [at, kind] of ["kill NATS leader", "kill consume process", "kill service"].entries()
    ) {
      const line = `^${at + 1}/3 +${kind} +ok .* 0 lost, 0 doubled, counter error 0`;
      assert.match(stdout, new RegExp(line, "m"));
    }
    const [, ...directories] = /data in (\S+) and (\S+) and (\S+)$/m.exec(stdout)!;
    assert.deepEqual(await Promise.all(directories.map(exists)), [false, false, false]);
  },
);

Deno.test("deno task verify stopped by Ctrl-C ends its instance, removes it and exits 130", async () => {
  const process = verify("--rounds", "1000", "--seed", SEED);
  let started: number[] = [];
  try {
    started = await startedBy(process);
    process.kill("SIGINT");
    const { code, stdout } = await output(process);
    assert.equal(code, 130);
    assert.equal(await exists(/data in (.*)$/m.exec(stdout)![1]!), false);
    const left = (await listProcesses()).filter(({ pid }) => started.includes(pid));
    assert.deepEqual(left, []);
  } finally {
    killAll(started);
  }
});

Deno.test("deno task verify of a service that ends by itself exits 1, and says how to play it again", async () => {
  const process = verify("--round", "4", "--seed", SEED);
  let started: number[] = [];
  try {
    started = await startedBy(process);
    // All but the task and the command.
    killAll(started.slice(2));
    const { code, stdout } = await output(process);
    assert.equal(code, 1);
    assert.match(stdout, /^1\/1 +kill PostgreSQL +FAIL/m);
    assert.match(stdout, /^ +again: deno task verify --seed 31 --round 4$/m);
    assert.match(stdout, /^FAILED after 1 round \(seed 31\)$/m);
    const [, directory] = /are kept in (.*)$/m.exec(stdout)!;
    assert.equal(await exists(`${directory}/service.log`), true);
    await Deno.remove(directory!, { recursive: true });
  } finally {
    killAll(started);
  }
});

Deno.test("deno task verify refuses bad usage in one line with exit 2", async () => {
  const { code, stdout, stderr } = await output(verify("--rounds", "none"));
  assert.equal(code, 2);
  assert.equal(stdout, "");
  assert.match(stderr, /^verify: --rounds must be an integer from 1 to 10000, is "none"\n$/);
});
