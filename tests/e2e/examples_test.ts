/**
 * Do the commands of `docs/api.md` print what it says, and those of README publish, as they stand there?
 */
import assert from "node:assert/strict";
import { root, type Service } from "../helpers/service.ts";
import { useService } from "../helpers/service_tests.ts";
import { within } from "../helpers/within.ts";

const test = useService();

/** Longest that a command may take, on a busy machine. */
const COMMAND_MS = 30_000;

/** A command of the document, and what it prints. */
interface Example {
  readonly command: string;
  readonly prints: RegExp;
}

const readme = await Deno.readTextFile(`${root}/README.md`);
const text = await Deno.readTextFile(`${root}/docs/api.md`);
const examples: Example[] = [...text.matchAll(/^```sh\n([\s\S]*?)^```\n\n```\n([\s\S]*?)\n```$/gm)]
  .map(([, command, prints]) => ({
    command: command!.trim(),
    prints: new RegExp(`^${prints!.split("…").map(RegExp.escape).join("[\\s\\S]*?")}\\n?$`),
  }));

/** Runs a command until it has printed what is expected, or ends. */
async function run({ command, prints }: Example, { url }: Service): Promise<string> {
  const script = command.replaceAll("http://localhost:8080", url);
  const process = new Deno.Command("bash", { args: ["-c", script], stdout: "piped" }).spawn();
  let printed = "";
  for await (const part of process.stdout.pipeThrough(new TextDecoderStream())) {
    printed += part;
    if (prints.test(printed)) break;
  }
  try {
    process.kill();
  } catch {
    // It has ended, as all but the stream do.
  }
  await process.status;
  return printed;
}

function hasCurl(): boolean {
  try {
    return new Deno.Command("curl", { args: ["--version"], stdout: "null" }).outputSync().success;
  } catch {
    return false;
  }
}

Deno.test("each command of docs/api.md is followed by what it prints", () => {
  assert.equal(examples.length, text.split("```sh\n").length - 1);
  assert.ok(examples.length > 10);
});

if (hasCurl()) {
  test("the commands of docs/api.md print what it says, in its order", async (service) => {
    for (const example of examples) {
      const printed = await within(COMMAND_MS, example.command, run(example, service));
      assert.match(printed, example.prints, `${example.command}\n${printed}`);
      await service.settled();
    }
  });

  test("each way in that README shows is taken", async (service) => {
    const [script] = readme.match(/^url=[\s\S]*?(?=^```$)/m)!;
    const command = `curl() { command curl -s -o /dev/null -w '%{http_code} ' "$@"; }\n${script}`;
    const printed = await run({ command, prints: /$^/ }, service);
    assert.equal(printed, "202 202 202 200 202 202 202 202 202 ");
    const { received, unique_processed } = await service.settled();
    assert.deepEqual([received, unique_processed], [10, 3]);
  });
}
