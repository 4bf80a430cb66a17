/**
 * `deno task test`: all tests, side by side; with arguments, `deno test` with these.
 *
 * A lane runs one `deno test` after the other, on a PostgreSQL that is the lane's alone: what a test
 * does to a server (ends connections, holds locks) meets no test of another lane. Lanes are processes
 * and no threads, because root changes the working directory to start an embedded PostgreSQL.
 *
 * Islands are built once, before all. Types are left to `deno task check`.
 */
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { startEmbeddedPostgres } from "../../lib/postgres/embedded.ts";
import { planGroups } from "./plan.ts";
import { addUp, formatSummary, readSummary, slowest, type Summary } from "./summary.ts";

/** Twice the cores of a small machine: tests wait much of their time. */
const LANES = 4;

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const OPTIONS = ["--lock=tests/deno.lock", "--no-prompt", "--allow-all", "--doc"];

/** Whoever builds during the run makes the same files, so that running services keep theirs. */
const BUILD = { CI_COMMIT_SHA: crypto.randomUUID() };

/** Modules that are named at the end, so that one sees where time goes. */
const SLOWEST = 10;

const running = new Set<Deno.ChildProcess>();
const outputs: string[] = [];
let stopped = false;

function deno(args: readonly string[], options: Deno.CommandOptions = {}): Deno.ChildProcess {
  const child = new Deno.Command(Deno.execPath(), { args: [...args], cwd: ROOT, ...options })
    .spawn();
  running.add(child);
  child.status.then(() => running.delete(child));
  return child;
}

async function runAll(): Promise<Summary> {
  const build = await deno(["task", "--quiet", "build"], { env: BUILD, stdout: "null" }).status;
  assert.ok(build.success, "deno task build failed");
  const modules = (await Array.fromAsync(testModules("tests"))).sort();
  const groups = planGroups(modules);
  // What stands in comments, and test modules that somebody put elsewhere.
  groups.push([`--ignore=${modules.join(",")}`]);
  const lanes = Array.from({ length: LANES }, () => runLane(groups));
  return addUp((await Promise.all(lanes)).flat());
}

async function* testModules(directory: string): AsyncGenerator<string> {
  for await (const { name, isDirectory } of Deno.readDir(`${ROOT}/${directory}`)) {
    const path = `${directory}/${name}`;
    if (isDirectory) yield* testModules(path);
    else if (/_test\.tsx?$/.test(name)) yield path;
  }
}

/** Takes groups until there are none left. */
async function runLane(groups: string[][]): Promise<Summary[]> {
  const directory = await Deno.makeTempDir({ prefix: "sekali-test-" });
  const server = await startEmbeddedPostgres(directory);
  const summaries: Summary[] = [];
  try {
    for (let group = groups.shift(); group && !stopped; group = groups.shift()) {
      summaries.push(await runGroup(group, server.url));
    }
  } finally {
    await server.stop();
    await Deno.remove(directory, { recursive: true });
  }
  return summaries;
}

async function runGroup(args: readonly string[], databaseUrl: string): Promise<Summary> {
  const process = deno(["test", ...OPTIONS, "--no-check", ...args], {
    env: { ...BUILD, NO_COLOR: "1", TEST_DATABASE_URL: databaseUrl },
    stdout: "piped",
    stderr: "piped",
  });
  const { success, stdout, stderr } = await process.output();
  const decoder = new TextDecoder();
  const output = decoder.decode(stdout);
  console.error(decoder.decode(stderr).trimEnd());
  console.log(output.trimEnd());
  outputs.push(output);
  return readSummary(output, success);
}

for (const signal of ["SIGINT", "SIGTERM"] as const) {
  Deno.addSignalListener(signal, () => {
    stopped = true;
    for (const process of running) process.kill(signal);
  });
}

if (Deno.args.length > 0) {
  Deno.exit((await deno(["test", ...OPTIONS, ...Deno.args]).status).code);
}
const begin = Date.now();
const summary = await runAll();
console.log(`\nSlowest modules:\n${slowest(outputs.join("\n"), SLOWEST).join("\n")}`);
console.log(`\n${formatSummary(summary, Date.now() - begin)}`);
Deno.exit(stopped || summary.failed > 0 ? 1 : 0);
