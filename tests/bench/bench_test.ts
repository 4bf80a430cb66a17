/**
 * The command itself, on little: it measures, says so, and leaves nothing behind.
 */
import assert from "node:assert/strict";
import { join } from "node:path";
import { root, temporaryDirectory } from "../helpers/service.ts";
import type { Figure, Results } from "./results.ts";

const STATEMENT = "cost of the statement";

async function bench(...args: string[]) {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["task", "--quiet", "bench", ...args],
    cwd: root,
  }).output();
  const decoder = new TextDecoder();
  return { code, stdout: decoder.decode(stdout), stderr: decoder.decode(stderr) };
}

Deno.test("a run prints a table, and writes the same figures as JSON to compare with", async () => {
  await using directory = await temporaryDirectory();
  const [json, earlier] = [join(directory.path, "a.json"), join(directory.path, "earlier.json")];
  const before: Pick<Figure, "name" | "median">[] = [{ name: STATEMENT, median: 2 }];
  await Deno.writeTextFile(earlier, JSON.stringify({ figures: before }));
  const flags = ["--quick", "--only", "steps", "--rounds", "1"];
  const { code, stdout, stderr } = await bench(...flags, "--json", json, "--compare", earlier);
  assert.equal(code, 0, stderr);
  const { machine, figures }: Results = JSON.parse(await Deno.readTextFile(json));
  assert.equal(machine["deno"], Deno.version.deno);
  for (const { name, median } of figures) {
    assert.ok(median > 0, name);
    const ratio = name === STATEMENT ? (median / 2).toFixed(2) : "new";
    assert.match(stdout, new RegExp(`^\\| ${name} .* ${ratio} \\|$`, "m"));
  }
  assert.ok(figures.some(({ name }) => name === STATEMENT));
  assert.match(stderr, /^\[ *\d+ s\] round 1 of 1: steps$/m);
});

Deno.test("a file that cannot be compared with is one line and status 2", async () => {
  const { code, stderr } = await bench("--compare", "nothing.json");
  assert.equal(code, 2);
  assert.match(stderr, /^bench: Cannot read nothing\.json: .*$/m);
});
