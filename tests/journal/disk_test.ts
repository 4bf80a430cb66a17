/**
 * What a journal does on a disk that is full or cannot be written to.
 */
import assert from "node:assert/strict";
import { join } from "node:path";
import { ProblemError, StartupError } from "../../lib/errors.ts";
import { lockDataDir } from "../../lib/data_dir.ts";
import { Journal } from "../../lib/journal.ts";
import { RESERVE_BYTES, SEGMENT_BYTES } from "../../lib/journal/limits.ts";
import { segmentPath } from "../../lib/journal/segment.ts";
import { makeReadOnly, takeRoom, testOnDisk } from "../helpers/disk.ts";
import { openJournalIn, type TestJournal, textOf } from "../helpers/journal.ts";
import { logOf } from "../helpers/log.ts";
import { until } from "../helpers/service.ts";

const MIB = 1024 * 1024;

/** A disk with room for so many segments, and something, beyond what the journal leaves free. */
const diskSize = (segments: number) => (RESERVE_BYTES + segments * SEGMENT_BYTES) / MIB + 2;

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
  diskSize(3),
  async (directory) => {
    await using file = await openJournalIn(directory);
    const filler = await takeRoom(directory, 1 * MIB);
    const accepted = await fill(file, 100_000);
    // What the segment has room for has its place on the disk already.
    assert.ok(accepted.length > 70, `${accepted.length} appends`);
    for (let tries = 0; tries < 3; tries++) {
      assert.match(String(await assertFull(file.append("lost".repeat(99_999)))), /^[1-9]\d*$/);
    }
    assert.deepEqual(file.read().map(({ json }) => json), accepted);
    await Deno.remove(filler);
    await file.append("after".repeat(99_999));
    assert.equal(textOf(file.read()), [...accepted, "after".repeat(99_999)].join(","));
    assert.deepEqual(
      file.announced.map(({ first }) => first),
      Array.from({ length: accepted.length + 1 }, (_, nth) => nth + 1),
    );
  },
);

testOnDisk(
  import.meta.url,
  "a journal says once that its disk is full and once that it is not, whatever is released meanwhile",
  diskSize(3),
  async (directory) => {
    const lines = await logOf(async () => {
      await using file = await openJournalIn(directory);
      const filler = await takeRoom(directory, 1 * MIB);
      await fill(file, 1 * MIB);
      file.journal.release({ first: 1, last: 1 });
      await assertFull(file.append("x".repeat(1 * MIB)));
      await Deno.remove(filler);
      await file.append("x".repeat(1 * MIB));
    });
    assert.equal(lines.length, 2, lines.join("\n"));
    assert.match(lines[0]!, /^error: Cannot write to the journal, publishing is refused: .*disk/);
    assert.equal(lines[1], "info: The journal can be written to again");
  },
);

testOnDisk(
  import.meta.url,
  "a journal that has filled its disk takes entries again once those of a segment are released",
  diskSize(3),
  async (directory) => {
    await using file = await openJournalIn(directory);
    const accepted = await fill(file, 100_000);
    assert.ok(accepted.length > 200, `${accepted.length} appends`);
    assert.deepEqual(file.read().map(({ json }) => json), accepted);
    file.journal.release({ first: 1, last: 90 });
    const again = "again".padEnd(100_000, ".");
    await until(() => accepts(file, again), (accepted) => accepted);
    assert.equal(file.announced.at(-1)!.first, accepted.length + 1);
    assert.equal(textOf(file.read().slice(-2)), `${accepted.at(-1)},${again}`);
  },
);

testOnDisk(
  import.meta.url,
  "a commit that finds the disk full in its midst is undone, also where the room was not known before",
  (2 * SEGMENT_BYTES) / MIB,
  async (directory) => {
    // The journal cannot ask for the room then, and goes by what the disk says.
    Deno.permissions.revokeSync({ name: "sys" });
    await using file = await openJournalIn(directory);
    await file.append("before");
    const filler = await takeRoom(directory, 64 * 1024);
    for (const bytes of [SEGMENT_BYTES, 2 * SEGMENT_BYTES]) {
      await assertFull(file.append("x".repeat(bytes)));
    }
    assert.equal(textOf(file.read()), "before");
    await Deno.remove(filler);
    await file.append("after");
    assert.equal(textOf(file.read()), "before,after");
    await using again = await file.reopen();
    assert.deepEqual(again.journal.leftover.map(({ events }) => events), [2]);
  },
);

testOnDisk(
  import.meta.url,
  "a journal is opened on a disk without any room, and what it holds can be delivered",
  diskSize(1),
  async (directory) => {
    await using first = await openJournalIn(directory);
    await first.append("before");
    await takeRoom(directory, 0);
    await using second = await first.reopen();
    assert.deepEqual(second.journal.leftover.map(({ events }) => events), [1]);
    assert.equal(textOf(second.read()), "before");
    await second.append("after");
    await assertFull(second.append("x".repeat(SEGMENT_BYTES)));
    second.journal.release({ first: 1, last: 2 });
    await using third = await second.reopen();
    assert.deepEqual(third.journal.leftover, []);
  },
);

testOnDisk(
  import.meta.url,
  "a journal is not made on a disk without room for it",
  RESERVE_BYTES / MIB,
  async (directory) => {
    const path = join(directory, "journal");
    await assert.rejects(Journal.open(path, { entries() {}, failure() {} }), (error) => {
      assert.ok(error instanceof StartupError, String(error));
      assert.equal(
        error.message,
        `Cannot open the journal ${path}: of the disk ${RESERVE_BYTES} bytes would not be left free`,
      );
      return true;
    });
  },
);

testOnDisk(
  import.meta.url,
  "a data directory or a journal that cannot be written to is refused in one line that names it",
  diskSize(1),
  async (directory) => {
    const data = join(directory, "data");
    const path = join(data, "journal");
    await Deno.mkdir(data);
    await (await openJournalIn(data))[Symbol.asyncDispose]();
    const assertRefused = (opened: Promise<unknown>, name: string) =>
      assert.rejects(opened, (error) => {
        assert.ok(error instanceof StartupError, String(error));
        assert.match(error.message, /^Cannot [^\n]*(?:Read-only|denied)[^\n]*$/);
        assert.ok(error.message.includes(name), error.message);
        return true;
      });
    await makeReadOnly(segmentPath(path, 1));
    await assertRefused(Journal.open(path, { entries() {}, failure() {} }), path);
    await makeReadOnly(data);
    await assertRefused(Journal.open(path, { entries() {}, failure() {} }), path);
    await assertRefused(lockDataDir(data), `DATA_DIR ${data}`);
  },
);
