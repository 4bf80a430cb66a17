/**
 * Does a start tell what is damaged from what a crash cut short, set the one aside and forget the other?
 */
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { join } from "node:path";
import type { Draft } from "../../lib/entries.ts";
import { RECORD_HEAD_BYTES } from "../../lib/journal/record.ts";
import { MARK_AT, SEGMENT_HEAD_BYTES, segmentPath } from "../../lib/journal/segment.ts";
import { JournalWriter } from "../../lib/journal/writer.ts";
import { openJournalIn, readJournal, textOf } from "../helpers/journal.ts";
import { logOf } from "../helpers/log.ts";
import { temporaryDirectory } from "../helpers/service.ts";

const draft = (text: string, events = 7): Draft => ({
  events,
  acceptedAt: 1e12,
  json: new TextEncoder().encode(text),
});

/** A journal that was closed, with what each commit wrote, in its first segment. */
async function journalOf(...commits: readonly (readonly string[])[]) {
  const directory = await temporaryDirectory();
  const path = join(directory.path, "journal");
  const writer = await JournalWriter.open(path);
  for (const texts of commits) {
    writer.commit(texts.map((text) => draft(text)));
    await writer.sync();
  }
  await writer.close();
  return { ...directory, directory: directory.path, path, segment: segmentPath(path, 1) };
}

/** Alters a byte of a file, as a bad disk would: the first of a text, or one before it. */
async function alter(path: string, text: string, before = 0) {
  const bytes = Buffer.from(await Deno.readFile(path));
  const at = bytes.indexOf(text) - before;
  assert.ok(at > 0, `${text} is in ${path}`);
  bytes[at]! ^= 1;
  await Deno.writeFile(path, bytes);
}

/** Takes the mark away, so that nothing says what was on disk. */
async function eraseMark(path: string) {
  using file = await Deno.open(path, { write: true });
  await file.seek(MARK_AT, Deno.SeekMode.Start);
  await file.write(new Uint8Array(100));
}

const line = (id: number, what: string, path: string) =>
  `error: Entry ${id} (${what}) is damaged; what is left of it is set aside in ` +
  join(path, "damaged", String(id));

const KNOWN = "7 events, accepted 2001-09-09T01:46:40.000Z";

Deno.test("an entry that the disk has altered is set aside and named in the log, the others are delivered", async () => {
  await using data = await journalOf(["intact 1"], ["to be altered"], ["intact 3"], [
    "y".repeat(9_999) + "at the end",
  ]);
  await alter(data.segment, "to be altered");
  await alter(data.segment, "at the end");
  const lines = await logOf(async () => {
    await using file = await openJournalIn(data.directory);
    assert.deepEqual(file.journal.leftover, [
      { first: 1, last: 1, events: 7, bytes: 8, acceptedAt: 1e12 },
      { first: 3, last: 3, events: 7, bytes: 8, acceptedAt: 1e12 },
    ]);
    assert.equal(textOf(file.read()), "intact 1,intact 3");
    await file.append("new");
    assert.equal(file.announced[0]!.first, 5);
    file.journal.release({ first: 1, last: 1 });
    assert.equal(file.journal.file.oldest, 3);
    file.journal.release({ first: 3, last: 3 });
    assert.equal(file.journal.file.oldest, 5);
  });
  assert.deepEqual(lines, [line(2, KNOWN, data.path), line(4, KNOWN, data.path)]);
  const setAside = (id: number) => Deno.readTextFile(join(data.path, "damaged", String(id)));
  assert.equal(await setAside(2), "uo be altered");
  assert.equal(await setAside(4), "y".repeat(9_999) + "`t the end");

  await using again = await openJournalIn(data.directory);
  assert.deepEqual(again.journal.leftover.map(({ first, last }) => [first, last]), [[5, 5]]);
  assert.equal(textOf(again.read()), "intact 1,intact 3,new");
});

Deno.test("a damaged entry is set aside once", async () => {
  await using data = await journalOf(["to be altered"], ["intact"]);
  await alter(data.segment, "to be altered");
  assert.equal((await JournalWriter.open(data.path).then(closed)).damaged.length, 1);
  assert.deepEqual((await JournalWriter.open(data.path).then(closed)).damaged, []);
  assert.equal(textOf(readJournal(data.path)), "intact");
});

async function closed(writer: JournalWriter): Promise<JournalWriter> {
  await writer.close();
  return writer;
}

Deno.test("an entry of which the head is altered is set aside, head and all, and those behind it are found", async () => {
  await using data = await journalOf(["intact 1"], ["altered before"], ["intact 3"]);
  await alter(data.segment, "altered before", RECORD_HEAD_BYTES - 9);
  const lines = await logOf(async () => {
    await using file = await openJournalIn(data.directory);
    assert.deepEqual(file.journal.leftover.map(({ first }) => first), [1, 3]);
    assert.equal(textOf(file.read()), "intact 1,intact 3");
  });
  assert.deepEqual(lines, [line(2, "its size is not known", data.path)]);
  const setAside = await Deno.readFile(join(data.path, "damaged", "2"));
  assert.equal(setAside.length, RECORD_HEAD_BYTES + "altered before".length);
  await using again = await openJournalIn(data.directory);
  assert.deepEqual(again.journal.leftover.map(({ first }) => first), [1, 3]);
});

Deno.test("the last entry is damaged where it was on disk, and cut off where that is not known", async () => {
  for (const isKnown of [true, false]) {
    await using data = await journalOf(["one"], ["two"]);
    await alter(data.segment, "two");
    if (!isKnown) await eraseMark(data.segment);
    const writer = await closed(await JournalWriter.open(data.path));
    assert.deepEqual(writer.damaged.map(({ id }) => id), isKnown ? [2] : []);
    assert.equal(writer.next, isKnown ? 3 : 2);
    assert.equal(textOf(readJournal(data.path)), "one");
  }
});

Deno.test("without a mark, what a later commit follows was on disk, and what its own commit follows perhaps not", async () => {
  await using data = await journalOf(["one"], ["two", "three"], ["four"]);
  await eraseMark(data.segment);
  await alter(data.segment, "two");
  const first = await closed(await JournalWriter.open(data.path));
  assert.deepEqual(first.damaged.map(({ id }) => id), [2]);

  await using torn = await journalOf(["one"], ["two", "three"]);
  await eraseMark(torn.segment);
  await alter(torn.segment, "two");
  const second = await closed(await JournalWriter.open(torn.path));
  assert.deepEqual(second.damaged, []);
  assert.equal(second.next, 2);
});

Deno.test("what was cut off never comes back, whatever is written in its place", async () => {
  await using data = await journalOf(["one"], ["two", "three", "four"]);
  await eraseMark(data.segment);
  await alter(data.segment, "two");
  // As long as the entry that stood there, so that the next would be found at once behind it.
  const writer = await JournalWriter.open(data.path);
  writer.commit([draft("TWO")]);
  await writer.close();
  await eraseMark(data.segment);
  const again = await closed(await JournalWriter.open(data.path));
  assert.equal(textOf(readJournal(data.path)), "one,TWO");
  assert.equal(again.next, 3);
  assert.deepEqual(again.damaged, []);
});

Deno.test("all that was on disk is missed where a segment was cut short", async () => {
  await using data = await journalOf(["one"], ["two"], ["three"]);
  await Deno.truncate(data.segment, SEGMENT_HEAD_BYTES + 2 * RECORD_HEAD_BYTES + 6);
  const lines = await logOf(async () => {
    await using file = await openJournalIn(data.directory);
    assert.equal(textOf(file.read()), "one,two");
    assert.equal(file.journal.next, 4);
  });
  assert.equal(lines.length, 1, lines.join("\n"));
});
