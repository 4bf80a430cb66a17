/**
 * What a journal does on a disk that is full or cannot be written to.
 */
import assert from "node:assert/strict";
import { join } from "node:path";
import { ProblemError, StartupError } from "../lib/errors.ts";
import { lockDataDir } from "../lib/data_dir.ts";
import { Journal } from "../lib/journal.ts";
import { isFull } from "../lib/journal_disk.ts";
import { JournalWriter } from "../lib/journal_store.ts";
import { JOURNAL_RESERVE_BYTES } from "../lib/limits.ts";
import { makeReadOnly, takeRoom, testOnDisk } from "./helpers/disk.ts";
import { openJournalIn, readJournal, type TestJournal, textOf } from "./helpers/journal.ts";
import { logOf } from "./helpers/log.ts";
import { until } from "./helpers/service.ts";

const MIB = 1024 * 1024;

/** A disk with room for so many MiB beyond what the journal leaves free. */
const diskSize = (mebibytes: number) => JOURNAL_RESERVE_BYTES / MIB + mebibytes;

/** Asserts that an append is refused for want of room; gives back when to try again. */
async function assertFull(append: Promise<void>): Promise<string | undefined> {
  let retryAfter: string | undefined;
  await assert.rejects(append, (error) => {
    assert.ok(error instanceof ProblemError, String(error));
    assert.deepEqual([error.status, error.title], [507, "Journal full"]);
    retryAfter = error.extra.headers?.["retry-after"];
    return true;
  });
  return retryAfter;
}

/** Whether an append is accepted; if not, it must be for want of room. */
function accepts(file: TestJournal, text: string): Promise<boolean> {
  return file.append(text).then(() => true, async (error) => {
    await assertFull(Promise.reject(error));
    return false;
  });
}

/** Appends until there is no room; what was accepted. */
async function fill(file: TestJournal, bytes: number): Promise<string[]> {
  const accepted: string[] = [];
  for (;;) {
    const text = `${accepted.length} `.padEnd(bytes, ".");
    if (!await accepts(file, text)) return accepted;
    accepted.push(text);
  }
}

testOnDisk(
  import.meta.url,
  "append() rejects with 507 and Retry-After on a full disk, stores nothing, keeps what is there, and works again by itself",
  diskSize(8),
  async (directory) => {
    await using file = await openJournalIn(directory);
    await file.append("before");
    const filler = await takeRoom(directory, 1 * MIB);
    for (let tries = 0; tries < 3; tries++) {
      assert.match(String(await assertFull(file.append("lost"))), /^[1-9]\d*$/);
    }
    assert.equal(textOf(file.read()), "before");
    await Deno.remove(filler);
    await file.append("after");
    assert.equal(textOf(file.read()), "before,after");
    assert.deepEqual(file.announced.map(({ first }) => first), [1, 2]);
  },
);

testOnDisk(
  import.meta.url,
  "a journal says once that its disk is full and once that it is not, whatever is released meanwhile",
  diskSize(8),
  async (directory) => {
    const lines = await logOf(async () => {
      await using file = await openJournalIn(directory);
      await file.append("before");
      const filler = await takeRoom(directory, 1 * MIB);
      await assertFull(file.append("lost"));
      file.journal.release({ first: 1, last: 1 });
      await until(() => Promise.resolve(file.journal.file.oldest), (oldest) => oldest === 2);
      await assertFull(file.append("lost"));
      await Deno.remove(filler);
      await file.append("after");
    });
    assert.equal(lines.length, 2, lines.join("\n"));
    assert.match(lines[0]!, /^error: Cannot write to the journal, publishing is refused: .*disk/);
    assert.equal(lines[1], "info: The journal can be written to again");
  },
);

testOnDisk(
  import.meta.url,
  "a journal that has filled its disk takes entries again once most of them are released",
  diskSize(12),
  async (directory) => {
    await using file = await openJournalIn(directory);
    const accepted = await fill(file, 100_000);
    assert.deepEqual(file.read().map(({ json }) => json), accepted);
    const last = accepted.at(-1)!;
    file.journal.release({ first: 1, last: accepted.length - 1 });
    await until(() => accepts(file, "again"), (accepted) => accepted);
    assert.equal(textOf(file.read()), `${last},again`);
  },
);

testOnDisk(
  import.meta.url,
  "entries that were released make room although new ones come with them that find none",
  diskSize(12),
  async (directory) => {
    const path = join(directory, "journal.db");
    const writer = new JournalWriter(path);
    const draft = { events: 1, acceptedAt: 0, json: new Uint8Array(1 * MIB) };
    const filler = await takeRoom(directory, JOURNAL_RESERVE_BYTES + 4 * MIB);
    const [one] = writer.commit([draft], []);
    assert.throws(() => writer.commit([draft, draft], [one!]), isFull);
    assert.deepEqual(readJournal(path), []);
    await Deno.remove(filler);
    assert.equal(writer.commit([draft], [])[0]!.first, one!.last + 1);
    writer.close();
  },
);

testOnDisk(
  import.meta.url,
  "a commit that finds the disk full in its midst is undone, also where the room was not known before",
  8,
  async (directory) => {
    // The journal cannot ask for the room then, and goes by what SQLite says.
    Deno.permissions.revokeSync({ name: "sys" });
    await using file = await openJournalIn(directory);
    await file.append("before");
    const filler = await takeRoom(directory, 64 * 1024);
    // What fits into SQLite's cache (2 MiB) meets the disk's end at the COMMIT, what does not sooner.
    for (const bytes of [0.2 * MIB, 4 * MIB]) await assertFull(file.append("x".repeat(bytes)));
    assert.equal(textOf(file.read()), "before");
    await Deno.remove(filler);
    await file.append("after");
    assert.equal(textOf(file.read()), "before,after");
  },
);

testOnDisk(
  import.meta.url,
  "a journal is opened on a disk without any room, and what it holds can be delivered",
  diskSize(8),
  async (directory) => {
    await using first = await openJournalIn(directory);
    await first.append("before");
    await takeRoom(directory, 0);
    await assertFull(first.append("lost"));
    await using second = await first.reopen();
    assert.deepEqual(second.journal.leftover.map(({ events }) => events), [1]);
    assert.equal(textOf(second.read()), "before");
    await assertFull(second.append("lost"));
  },
);

testOnDisk(
  import.meta.url,
  "a data directory or a journal that cannot be written to is refused in one line that names it",
  8,
  async (directory) => {
    const data = join(directory, "data");
    const path = join(data, "journal.db");
    await Deno.mkdir(data);
    await (await openJournalIn(data))[Symbol.asyncDispose]();
    const assertRefused = (opened: Promise<unknown>, name: string) =>
      assert.rejects(opened, (error) => {
        assert.ok(error instanceof StartupError, String(error));
        assert.match(error.message, /^Cannot [^\n]*(?:Read-only|denied)[^\n]*$/);
        assert.ok(error.message.includes(name), error.message);
        return true;
      });
    await makeReadOnly(path);
    await assertRefused(Journal.open(path, { entries() {}, failure() {} }), path);
    await makeReadOnly(data);
    await assertRefused(Journal.open(path, { entries() {}, failure() {} }), path);
    await assertRefused(lockDataDir(data), `DATA_DIR ${data}`);
  },
);
