/**
 * Is what was on disk there after `kill -9`, at whatever moment, also while a segment is begun or given back?
 */
import assert from "node:assert/strict";
import { join } from "node:path";
import { delay } from "../../lib/delay.ts";
import { JournalReader } from "../../lib/journal/reader.ts";
import { JournalWriter } from "../../lib/journal/writer.ts";
import { temporaryDirectory } from "../helpers/service.ts";

const SEGMENT = 32 * 1024;
const ROUNDS = 6;

/** Has a process write for a while, and kills it. @returns the last ids that it told of */
async function writeAndKill(path: string): Promise<{ stored: number; released: number }> {
  const module = new URL("killed_writer.ts", import.meta.url).href;
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "--no-check", "--allow-all", module, path, String(SEGMENT)],
    stdout: "piped",
  }).spawn();
  let text = "";
  let killing: Promise<void> | undefined;
  for await (const chunk of child.stdout.pipeThrough(new TextDecoderStream())) {
    text += chunk;
    killing ??= delay(500 * Math.random()).then(() => child.kill("SIGKILL"));
  }
  await Promise.all([killing, child.status]);
  const lastOf = (what: string) =>
    Number([...text.matchAll(new RegExp(`^${what} (\\d+)\n`, "gm"))].at(-1)?.[1] ?? 0);
  return { stored: lastOf("stored"), released: lastOf("releases") };
}

Deno.test("what was stored is there after kill -9, and what was released is not but where it stood last", async () => {
  await using data = await temporaryDirectory();
  const path = join(data.path, "journal");
  let before = { stored: 0, released: 0 };
  for (let round = 0; round < ROUNDS; round++) {
    const told = await writeAndKill(path);
    const stored = Math.max(told.stored, before.stored);
    const released = Math.max(told.released, before.released);
    const writer = await JournalWriter.open(path, false, SEGMENT);
    assert.deepEqual(writer.damaged, []);
    assert.ok(writer.next > stored, `${writer.next} after ${stored}`);
    const { oldest } = writer.file;
    assert.ok(oldest <= released + 1, `${oldest}, up to ${released} were released`);
    assert.ok(oldest > before.released, `${oldest}, up to ${before.released} were released before`);
    const reader = new JournalReader(path);
    const entries = reader.read({ first: oldest, last: writer.next - 1 });
    reader.close();
    assert.deepEqual(
      entries.map(({ json }) => Number(json.split(" ")[0])),
      Array.from({ length: writer.next - oldest }, (_, nth) => oldest + nth),
    );
    const left = writer.leftover.reduce((sum, { first, last }) => sum + last - first + 1, 0);
    assert.equal(left, entries.length);
    await writer.close();
    before = { stored: writer.next - 1, released: oldest - 1 };
  }
  assert.ok(before.stored > ROUNDS * 10, `${before.stored} entries`);
});
