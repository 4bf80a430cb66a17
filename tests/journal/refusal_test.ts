/**
 * Is a directory that cannot serve as the journal refused in one line that says why, and left as it was?
 */
import assert from "node:assert/strict";
import { join } from "node:path";
import { StartupError } from "../../lib/errors.ts";
import { Journal } from "../../lib/journal.ts";
import { segmentPath } from "../../lib/journal/segment.ts";
import { JournalWriter } from "../../lib/journal/writer.ts";
import { temporaryDirectory } from "../helpers/service.ts";

/** What to do about a journal that is broken. */
const ADVICE =
  "Moved elsewhere the directory makes way for a new journal; what it holds is then not delivered";

/** Asserts that a journal is not opened, for a reason in one line that names it. */
async function assertNotOpened(path: string, reason: RegExp): Promise<string> {
  const opened = Journal.open(path, { entries() {}, failure() {} });
  let line = "";
  await assert.rejects(opened, (error) => {
    assert.ok(error instanceof StartupError, String(error));
    line = error.message;
    assert.ok(line.startsWith(`Cannot open the journal ${path}: `) && !line.includes("\n"), line);
    assert.match(line, reason);
    return true;
  });
  return line;
}

const contentsOf = (path: string) =>
  Array.from(Deno.readDirSync(path), ({ name }) => [name, Deno.readFileSync(join(path, name))]);

/** Asserts the same of one that stays as it is, byte for byte. */
async function assertLeftAlone(path: string, reason: RegExp): Promise<string> {
  const before = contentsOf(path);
  const line = await assertNotOpened(path, reason);
  assert.deepEqual(contentsOf(path), before);
  return line;
}

/** A journal of two small segments, closed. */
async function closedJournal() {
  const directory = await temporaryDirectory();
  const path = join(directory.path, "journal");
  const writer = await JournalWriter.open(path, false, 16 * 1024);
  for (const _ of [1, 2]) {
    writer.commit([{ events: 1, acceptedAt: 1, json: new Uint8Array(10 * 1024) }]);
  }
  await writer.close();
  return { ...directory, path };
}

/** Writes bytes into a file. */
async function overwrite(path: string, at: number, bytes: Uint8Array) {
  using file = await Deno.open(path, { write: true });
  await file.seek(at, Deno.SeekMode.Start);
  await file.write(bytes);
}

Deno.test("Journal.open() refuses segments of a newer layout, and leaves them alone", async () => {
  await using data = await closedJournal();
  await overwrite(segmentPath(data.path, 2), 16, new Uint8Array([0, 0, 0x12, 0x67]));
  await assertLeftAlone(data.path, /layout 4711/);
});

for (const first of [1, 2]) {
  Deno.test(`Journal.open() refuses a journal whose segment ${first} has lost its head, says what to do, and leaves it alone`, async () => {
    await using data = await closedJournal();
    await overwrite(segmentPath(data.path, first), 0, new Uint8Array(512));
    const line = await assertLeftAlone(data.path, new RegExp(`0${first}.log has lost its head`));
    assert.ok(line.endsWith(ADVICE), line);
  });
}

Deno.test("Journal.open() refuses a file that is no segment but has the name of one", async () => {
  await using data = await closedJournal();
  await Deno.writeTextFile(segmentPath(data.path, 9), "This is a letter.\n".repeat(1_000));
  await assertLeftAlone(data.path, /0000000000000009.log has lost its head/);
});

Deno.test("Journal.open() refuses a segment of another journal, and leaves all alone", async () => {
  await using data = await closedJournal();
  await using other = await closedJournal();
  await Deno.copyFile(segmentPath(other.path, 2), segmentPath(data.path, 2));
  const line = await assertLeftAlone(data.path, /02.log is of another journal/);
  assert.ok(line.endsWith(ADVICE), line);
});

Deno.test("Journal.open() lets nothing be applied in another way than it was accepted for", async () => {
  await using data = await closedJournal();
  const on = { entries() {}, failure() {} };
  await assert.rejects(
    Journal.open(data.path, on, true),
    /2 entries of a run without QUEUE_URL are in it: start without it until nothing is pending, then with$/,
  );
  const writer = await JournalWriter.open(data.path);
  writer.release({ first: 1, last: 2 });
  await writer.close();
  await (await Journal.open(data.path, on, true)).close();
  const inParts = await JournalWriter.open(data.path, true);
  inParts.commit([{ events: 1, acceptedAt: 1, json: new Uint8Array(9) }]);
  await inParts.close();
  await assert.rejects(Journal.open(data.path, on), /1 entries of a run with QUEUE_URL are in it/);
});

Deno.test("Journal.open() refuses a path that it cannot write to", async () => {
  await using data = await temporaryDirectory();
  const file = join(data.path, "file");
  await Deno.writeTextFile(file, "");
  await assertNotOpened(file, /File exists|directory/);
  await assertNotOpened(join(file, "journal"), /directory/);
});
