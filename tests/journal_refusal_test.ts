/**
 * Is a file that cannot serve as the journal refused in one line that says why, and left as it was?
 */
import assert from "node:assert/strict";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { StartupError } from "../lib/errors.ts";
import { Journal } from "../lib/journal.ts";
import { JournalWriter } from "../lib/journal_store.ts";
import { JOURNAL_PAGE_BYTES } from "../lib/limits.ts";
import { temporaryDirectory } from "./helpers/service.ts";

/** What to do about a file that is broken. */
const ADVICE =
  "Moved elsewhere together with its -wal file it makes way for a new one; what it holds is then not delivered";

/** Asserts that a journal is not opened, for a reason in one line that names the file. */
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

/** Asserts the same of a file that stays as it is, byte for byte. */
async function assertLeftAlone(path: string, reason: RegExp): Promise<string> {
  const before = await Deno.readFile(path);
  const line = await assertNotOpened(path, reason);
  assert.deepEqual(await Deno.readFile(path), before);
  return line;
}

Deno.test("Journal.open() refuses a file of a newer layout, and leaves it alone", async () => {
  await using data = await temporaryDirectory();
  const path = join(data.path, "journal.db");
  const newer = new DatabaseSync(path);
  newer.exec("create table entries (something new); pragma user_version = 4711");
  newer.close();
  await assertLeftAlone(path, /layout 4711/);
});

Deno.test("Journal.open() refuses the database of something else, and leaves it alone", async () => {
  await using data = await temporaryDirectory();
  const path = join(data.path, "journal.db");
  const other = new DatabaseSync(path);
  other.exec("create table letters (text); insert into letters values ('Dear Sir')");
  other.close();
  await assertLeftAlone(path, /something else/);
});

Deno.test("Journal.open() refuses a file that is no database, says what to do, and leaves it alone", async () => {
  await using data = await temporaryDirectory();
  const path = join(data.path, "journal.db");
  await Deno.writeTextFile(path, "This is a letter, not a database.\n".repeat(100));
  const line = await assertLeftAlone(path, /not a database/);
  assert.ok(line.endsWith(ADVICE), line);
});

Deno.test("Journal.open() refuses a journal with a broken page, says what to do, and leaves it alone", async () => {
  await using data = await temporaryDirectory();
  const path = join(data.path, "journal.db");
  const writer = new JournalWriter(path);
  for (let n = 0; n < 200; n++) {
    writer.commit([{ events: 1, acceptedAt: n, json: new Uint8Array(1_000) }], []);
  }
  writer.close();
  using file = await Deno.open(path, { write: true });
  const { size } = await file.stat();
  const middle = Math.floor(size / 2 / JOURNAL_PAGE_BYTES) * JOURNAL_PAGE_BYTES;
  await file.seek(middle, Deno.SeekMode.Start);
  await file.write(new Uint8Array(JOURNAL_PAGE_BYTES).fill(0xff));
  const line = await assertLeftAlone(path, /malformed/);
  assert.ok(line.endsWith(ADVICE), line);
});

Deno.test("Journal.open() refuses a path that it cannot write to", async () => {
  await using data = await temporaryDirectory();
  await assertNotOpened(join(data.path, "nowhere", "journal.db"), /No such file/);
  await assertNotOpened(data.path, /directory/);
});
