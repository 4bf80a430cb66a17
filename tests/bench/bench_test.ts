/**
 * The command itself, on little: it measures, says so, and leaves nothing behind.
 */
import assert from "node:assert/strict";
import { join } from "node:path";
import { root, temporaryDirectory } from "../helpers/service.ts";
import type { Results } from "./results.ts";

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
  const json = join(directory.path, "a.json");
  const first = await bench("--only", "steps", "--rounds", "1", "--json", json);
  assert.equal(first.code, 0, first.stderr);
  const { machine, figures }: Results = JSON.parse(await Deno.readTextFile(json));
  assert.equal(machine["deno"], Deno.version.deno);
  for (const { name, median } of figures) {
    assert.ok(median > 0, name);
    assert.ok(first.stdout.includes(`| ${name} `), name);
  }
  const second = await bench("--only", "steps", "--rounds", "1", "--compare", json);
  assert.match(second.stdout, /\| cost of the statement .* \d+\.\d\d \|$/m);
});

Deno.test("a file that cannot be compared with is one line and status 2", async () => {
  const { code, stderr } = await bench("--compare", "nothing.json");
  assert.equal(code, 2);
  assert.match(stderr, /^bench: Cannot read nothing\.json: .*$/m);
});
