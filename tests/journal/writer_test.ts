/**
 * Do the journal's segments hold what was committed, and are their files given back once nothing in them
 * is needed any more?
 */
import assert from "node:assert/strict";
import { basename, join } from "node:path";
import { delay } from "../../lib/delay.ts";
import type { Draft } from "../../lib/entries.ts";
import { JournalReader } from "../../lib/journal/reader.ts";
import { RECORD_HEAD_BYTES } from "../../lib/journal/record.ts";
import { listSegments, SEGMENT_HEAD_BYTES, segmentPath } from "../../lib/journal/segment.ts";
import { JournalWriter } from "../../lib/journal/writer.ts";
import { failWrites } from "../helpers/disk.ts";
import { readJournal, textOf } from "../helpers/journal.ts";
import { temporaryDirectory, until } from "../helpers/service.ts";

const SEGMENT = 64 * 1024;

/** Entries of this size, of which a segment holds six. */
const TENTH = SEGMENT / 10 - RECORD_HEAD_BYTES;
const IN_A_SEGMENT = Math.floor((SEGMENT - SEGMENT_HEAD_BYTES) / (SEGMENT / 10));

const draft = (text: string, events = 1): Draft => ({
  events,
  acceptedAt: 10,
  json: new TextEncoder().encode(text),
});

/** A writer of small segments. */
interface TestWriter extends AsyncDisposable {
  readonly path: string;
  readonly writer: JournalWriter;
  /** Closes it and opens the same journal again. */
  reopen(): Promise<TestWriter>;
}

async function openIn(path: string): Promise<TestWriter> {
  const writer = await JournalWriter.open(path, false, SEGMENT);
  let closed: Promise<void> | undefined;
  const close = () => closed ??= writer.close();
  return {
    path,
    writer,
    async reopen() {
      await close();
      return openIn(path);
    },
    [Symbol.asyncDispose]: close,
  };
}

/** The same in a directory of its own. */
async function openWriter(): Promise<TestWriter> {
  const directory = await temporaryDirectory();
  const opened = await openIn(join(directory.path, "journal"));
  return {
    ...opened,
    async [Symbol.asyncDispose]() {
      await opened[Symbol.asyncDispose]();
      await directory[Symbol.asyncDispose]();
    },
  };
}

/** Entries one by one, filled up to a tenth of a segment each. */
const fill = (writer: JournalWriter, count: number) =>
  Array.from({ length: count }, () => writer.commit([draft("".padEnd(TENTH, "."))])[0]!.first);

const segmentOf = (first: number) => basename(segmentPath("", first));

const filesIn = (path: string) => [...Deno.readDirSync(path)].map(({ name }) => name).sort();

Deno.test("commit() writes entries into the newest segment, and begins another where they do not fit", async () => {
  await using file = await openWriter();
  const ids = fill(file.writer, 2 * IN_A_SEGMENT + 1);
  assert.deepEqual(ids, ids.map((_, nth) => nth + 1));
  assert.deepEqual(listSegments(file.path), [1, 1 + IN_A_SEGMENT, 1 + 2 * IN_A_SEGMENT]);
  assert.deepEqual(readJournal(file.path).map(({ id }) => id), ids);
});

Deno.test("a commit larger than a segment has one of its own", async () => {
  await using file = await openWriter();
  const texts = ["a", "b", "c"].map((letter) => letter.repeat(SEGMENT / 2));
  file.writer.commit(texts.map((text) => draft(text)));
  file.writer.commit([draft("small")]);
  assert.deepEqual(listSegments(file.path), [1, 4]);
  assert.equal(textOf(readJournal(file.path)), [...texts, "small"].join(","));
  file.writer.release({ first: 1, last: 4 });
  await using again = await file.reopen();
  assert.deepEqual(again.writer.leftover, []);
});

Deno.test("commit() writes all of its entries or none, and the next one is none the worse for it", async () => {
  await using file = await openWriter();
  file.writer.commit([draft("one")]);
  {
    using _ = failWrites("Input/output error", 2);
    assert.throws(() => file.writer.commit([draft("lost 1"), draft("lost 2")]), /Input/);
  }
  const [two] = file.writer.commit([draft("two")]);
  assert.equal(two!.first, 2);
  assert.equal(textOf(readJournal(file.path)), "one,two");
  await using again = await file.reopen();
  const { leftover, damaged } = again.writer;
  assert.deepEqual(leftover.map(({ first, last, events }) => [first, last, events]), [[1, 2, 2]]);
  assert.deepEqual(damaged, []);
});

Deno.test("a long backlog comes back whole, as deliveries", async () => {
  await using file = await openWriter();
  file.writer.commit(Array.from({ length: 4_500 }, () => draft("0123456789")));
  await using again = await file.reopen();
  assert.deepEqual(
    again.writer.leftover.map(({ first, last, events, bytes }) => [first, last, events, bytes]),
    [[1, 2_000, 2_000, 20_000], [2_001, 4_000, 2_000, 20_000], [4_001, 4_500, 500, 5_000]],
  );
});

Deno.test("a segment begins as a spare that was made ahead, the first one, too", async () => {
  await using file = await openWriter();
  const sizeOf = async (name: string) =>
    (await Deno.stat(join(file.path, name)).catch(() => undefined))?.size;
  assert.equal(await sizeOf(segmentOf(1)), SEGMENT);
  for (let begun = 1; begun <= 1 + 3 * IN_A_SEGMENT; begun += IN_A_SEGMENT) {
    await until(() => sizeOf("spare"), (size) => size === SEGMENT);
    fill(file.writer, IN_A_SEGMENT);
    assert.equal(await sizeOf(segmentOf(begun)), SEGMENT);
  }
});

Deno.test("the file of a segment whose entries are released becomes the next one's", async () => {
  await using file = await openWriter();
  const path = join(file.path, segmentOf(1));
  const { ino } = await Deno.stat(path);
  const untilSpare = () =>
    until(() => Promise.resolve(filesIn(file.path)), (names) => names.includes("spare"));
  await untilSpare();
  fill(file.writer, IN_A_SEGMENT + 1);
  file.writer.release({ first: 1, last: IN_A_SEGMENT });
  await untilSpare();
  const ids = fill(file.writer, IN_A_SEGMENT);
  assert.equal((await Deno.stat(join(file.path, segmentOf(ids.at(-1)!)))).ino, ino);
  assert.deepEqual(
    readJournal(file.path).map(({ id }) => id),
    Array.from({ length: IN_A_SEGMENT + 1 }, (_, nth) => IN_A_SEGMENT + 1 + nth),
  );
  await using again = await file.reopen();
  assert.equal(again.writer.file.oldest, 1 + IN_A_SEGMENT);
  assert.equal(again.writer.next, 2 + 2 * IN_A_SEGMENT);
  assert.deepEqual(again.writer.damaged, []);
});

Deno.test("files stay as few as what they hold needs, however much goes through them", async () => {
  await using file = await openWriter();
  for (let round = 0; round < 40; round++) {
    const ids = fill(file.writer, IN_A_SEGMENT);
    file.writer.release({ first: ids[0]!, last: ids.at(-1)! });
    assert.ok(file.writer.file.bytes <= 4 * SEGMENT, `${file.writer.file.bytes} bytes`);
    await delay(5);
  }
  await until(() => Promise.resolve(filesIn(file.path)), ({ length }) => length <= 2);
});

Deno.test("the files of a backlog are removed as it is released, in whatever order, but for a spare", async () => {
  await using file = await openWriter();
  const ids = fill(file.writer, 10 * IN_A_SEGMENT);
  assert.equal(listSegments(file.path).length, 10);
  assert.ok(file.writer.file.bytes >= 10 * SEGMENT);
  for (const id of ids.slice(0, -1).reverse()) file.writer.release({ first: id, last: id });
  assert.equal(file.writer.file.oldest, ids.at(-1));
  await until(() => Promise.resolve(filesIn(file.path)), ({ length }) => length === 2);
  assert.equal(file.writer.file.bytes, 2 * SEGMENT);
  assert.deepEqual(readJournal(file.path).at(-1)!.id, ids.at(-1));
});

Deno.test("what a start does not need is given back by it", async () => {
  await using file = await openWriter();
  const ids = fill(file.writer, 10 * IN_A_SEGMENT);
  await using second = await file.reopen();
  assert.ok(filesIn(file.path).length >= 10);
  second.writer.release({ first: 1, last: ids.at(-1)! });
  await using third = await second.reopen();
  assert.equal(filesIn(file.path).length, 2, filesIn(file.path).join());
  assert.equal(third.writer.next, ids.length + 1);
});

Deno.test("a reader finds entries of any segment, in any order, and none that are gone", async () => {
  await using file = await openWriter();
  const reader = new JournalReader(file.path);
  const ids = fill(file.writer, 5 * IN_A_SEGMENT);
  const idsOf = (first: number, last: number) => reader.read({ first, last }).map(({ id }) => id);
  assert.deepEqual(idsOf(1, ids.length), ids);
  assert.deepEqual(idsOf(9, 9), [9]);
  assert.deepEqual(idsOf(4, 15), ids.slice(3, 15));
  assert.deepEqual(idsOf(2, 3), [2, 3]);
  assert.deepEqual(idsOf(ids.length + 1, ids.length + 2), []);
  const gone = IN_A_SEGMENT;
  file.writer.release({ first: 1, last: gone });
  await until(() => Promise.resolve(listSegments(file.path)), ([first]) => first !== 1);
  const more = fill(file.writer, 2 * IN_A_SEGMENT);
  assert.deepEqual(idsOf(1, gone), []);
  assert.deepEqual(idsOf(gone + 1, more.at(-1)!), [...ids.slice(gone), ...more]);
  reader.close();
});

Deno.test("a reader that was away while a file went to another segment misses nothing there", async () => {
  await using file = await openWriter();
  const untilSpare = () =>
    until(() => Promise.resolve(filesIn(file.path)), (names) => names.includes("spare"));
  await untilSpare();
  const reader = new JournalReader(file.path);
  fill(file.writer, IN_A_SEGMENT);
  assert.equal(reader.read({ first: 1, last: 5 }).length, 5);
  fill(file.writer, 1);
  file.writer.release({ first: 1, last: IN_A_SEGMENT });
  await untilSpare();
  fill(file.writer, IN_A_SEGMENT - 1);
  // Its records begin where those of the first segment did; the reader stands among them.
  const [first] = fill(file.writer, IN_A_SEGMENT);
  const range = { first: first! + 2, last: first! + 7 };
  assert.deepEqual(reader.read(range).map(({ id }) => id - first!), [2, 3, 4, 5, 6, 7]);
  reader.close();
});

Deno.test("a reader refuses an entry that is no longer what was written", async () => {
  await using file = await openWriter();
  file.writer.commit([draft("intact"), draft("to be altered")]);
  const [segment] = filesIn(file.path);
  using log = await Deno.open(join(file.path, segment!), { write: true });
  const at = SEGMENT_HEAD_BYTES + 2 * RECORD_HEAD_BYTES + "intact".length;
  await log.seek(at, Deno.SeekMode.Start);
  await log.write(new TextEncoder().encode("T"));
  const reader = new JournalReader(file.path);
  assert.equal(textOf(reader.read({ first: 1, last: 1 })), "intact");
  assert.throws(() => reader.read({ first: 1, last: 2 }), /Entry 2 is damaged/);
  reader.close();
});
