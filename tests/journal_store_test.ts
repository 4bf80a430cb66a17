/**
 * Does the journal's file find out what has become of its entries, take over that of an older
 * version, and give back what it no longer needs?
 */
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { JournalWriter } from "../lib/journal_store.ts";
import { JOURNAL_LOG_BYTES, JOURNAL_PAGE_BYTES, JOURNAL_SPARE_PAGES } from "../lib/limits.ts";
import type { Draft } from "../lib/entries.ts";
import { openJournal, openJournalIn, readJournal, textOf } from "./helpers/journal.ts";
import { logOf } from "./helpers/log.ts";
import { temporaryDirectory, until } from "./helpers/service.ts";

const MIB = 1024 * 1024;

/** What the file may come to when all is released: the reserve, and some pages that are in use. */
const SPARE_BYTES = (JOURNAL_SPARE_PAGES + 64) * JOURNAL_PAGE_BYTES;

const draft = (bytes: number): Draft => ({ events: 1, acceptedAt: 0, json: new Uint8Array(bytes) });

/** Runs SQL on a file. */
function run(path: string, sql: string) {
  const database = new DatabaseSync(path);
  database.exec(sql);
  database.close();
}

const sizeOf = async (path: string) => (await Deno.stat(path)).size;

/** The file as the first layout had it. */
const LAYOUT_1 = `
  pragma journal_mode = wal;
  create table journal (id text not null) strict;
  create table entries (
    id          integer primary key autoincrement,
    events      integer not null,
    accepted_at integer not null,
    json        blob    not null
  ) strict;
  insert into journal values ('4711');
  insert into entries (events, accepted_at, json) values
    (1, 10, cast('one' as blob)), (2, 20, cast('two' as blob)), (3, 30, cast('three' as blob));
  delete from entries where id in (1, 3);
  pragma user_version = 1;
`;

Deno.test("a journal of layout 1 keeps its id and its entries, never uses an id again, and takes new ones", async () => {
  await using data = await temporaryDirectory();
  run(join(data.path, "journal.db"), LAYOUT_1);
  await using first = await openJournalIn(data.path);
  assert.equal(first.journal.id, "4711");
  assert.deepEqual(first.journal.leftover.map((entries) => ({ ...entries })), [
    { first: 2, last: 2, events: 2, bytes: 3, acceptedAt: 20 },
  ]);
  await first.append("four");
  assert.equal(first.announced[0]!.first, 4);
  await using second = await first.reopen();
  assert.equal(second.journal.id, "4711");
  assert.equal(textOf(second.read()), "two,four");
  second.journal.release({ first: 2, last: 4 });
  await until(() => Promise.resolve(second.journal.file.oldest), (oldest) => oldest === 5);
  assert.deepEqual(second.read(), []);
});

Deno.test("a journal of layout 1 cannot shrink, and is not asked to for ever", async () => {
  await using data = await temporaryDirectory();
  const path = join(data.path, "journal.db");
  run(path, LAYOUT_1);
  const writer = new JournalWriter(path);
  const bytes = (JOURNAL_SPARE_PAGES + 100) * JOURNAL_PAGE_BYTES;
  const [large] = writer.commit([draft(bytes)], []);
  writer.commit([], [{ first: 0, last: large!.last }]);
  assert.ok(writer.file().bytes > bytes);
  assert.equal(writer.file().shrinkable, false);
  writer.close();
});

/** Alters a text in a file, as a bad disk would. */
async function alter(path: string, text: string) {
  const bytes = Buffer.from(await Deno.readFile(path));
  const at = bytes.indexOf(text);
  assert.ok(at > 0, `${text} is in ${path}`);
  bytes[at]! ^= 1;
  await Deno.writeFile(path, bytes);
}

Deno.test("an entry that the disk has altered is set aside and named in the log, the others are delivered", async () => {
  await using data = await temporaryDirectory();
  const path = join(data.path, "journal.db");
  const texts = ["intact 1", "to be altered", "intact 3", "y".repeat(9_999) + "at the end"];
  const writer = new JournalWriter(path);
  for (const text of texts) {
    writer.commit([{ events: 7, acceptedAt: 1e12, json: new TextEncoder().encode(text) }], []);
  }
  writer.close();
  await alter(path, "to be altered");
  await alter(path, "at the end");

  const lines = await logOf(async () => {
    await using file = await openJournalIn(data.path);
    assert.deepEqual(file.journal.leftover, [
      { first: 1, last: 3, events: 14, bytes: 16, acceptedAt: 1e12 },
    ]);
    assert.equal(textOf(file.read()), "intact 1,intact 3");
    await file.append("new");
    assert.equal(file.announced[0]!.first, 5);
  });
  const line = (id: number) =>
    `error: Entry ${id} (7 events, accepted 2001-09-09T01:46:40.000Z) is damaged; ` +
    `it is set aside in ${path}, table damaged_entries`;
  assert.deepEqual(lines, [line(2), line(4)]);

  assert.deepEqual(await logOf(async () => (await openJournalIn(data.path)).journal.close()), []);
  const database = new DatabaseSync(path, { readOnly: true });
  const rows = database.prepare(
    "select id, events, cast(json as text) as json from damaged_entries",
  );
  assert.deepEqual(rows.all().map((row) => ({ ...row })), [
    { id: 2, events: 7, json: "uo be altered" },
    { id: 4, events: 7, json: "y".repeat(9_999) + "`t the end" },
  ]);
  database.close();
});

Deno.test("setDamagedAside() finds an entry that was altered with SQL, and nothing in a journal that is intact", async () => {
  await using data = await temporaryDirectory();
  const path = join(data.path, "journal.db");
  const writer = new JournalWriter(path);
  writer.commit([draft(10), draft(100_000), draft(1)], []);
  assert.deepEqual(writer.setDamagedAside(), []);
  run(path, "update entries set json = zeroblob(9) where id = 1");
  assert.deepEqual(writer.setDamagedAside(), [
    { first: 1, last: 1, events: 1, bytes: 9, acceptedAt: 0 },
  ]);
  assert.deepEqual(readJournal(path).map(({ id }) => id), [2, 3]);
  writer.close();
});

Deno.test("commit() writes all of its entries or none, and the next one is none the worse for it", async () => {
  await using data = await temporaryDirectory();
  const path = join(data.path, "journal.db");
  const writer = new JournalWriter(path);
  const [one] = writer.commit([draft(10)], []);
  assert.throws(() => writer.commit([draft(20), { ...draft(30), events: 1.5 }], [one!]), /REAL/);
  assert.deepEqual(readJournal(path).map(({ id }) => id), [1]);
  const [two] = writer.commit([draft(40)], []);
  assert.deepEqual(readJournal(path).map(({ id }) => id), [1, two!.first]);
  writer.close();
});

Deno.test("list() lists a long backlog whole, as deliveries", async () => {
  await using data = await temporaryDirectory();
  const writer = new JournalWriter(join(data.path, "journal.db"));
  const drafts = Array.from({ length: 4_500 }, () => draft(10));
  writer.commit(drafts, []);
  assert.deepEqual(
    writer.list().map(({ first, last, events, bytes }) => [first, last, events, bytes]),
    [[1, 2_000, 2_000, 20_000], [2_001, 4_000, 2_000, 20_000], [4_001, 4_500, 500, 5_000]],
  );
  writer.close();
});

Deno.test("a file shrinks to its reserve by empty commits once all is released, not before", async () => {
  await using data = await temporaryDirectory();
  const path = join(data.path, "journal.db");
  const writer = new JournalWriter(path);
  for (let written = 0; written < 60; written += 4) writer.commit([draft(4 * MIB)], []);
  writer.commit([], [{ first: 0, last: 14 }]);
  assert.equal(writer.file().shrinkable, false);
  assert.ok(writer.file().bytes > 60 * MIB);
  writer.commit([], [{ first: 15, last: 15 }]);
  let commits = 0;
  for (; writer.file().shrinkable && commits < 100; commits++) writer.commit([], []);
  assert.ok(writer.file().bytes < SPARE_BYTES, `${writer.file().bytes} bytes`);
  // Little by little, so that no append has long to wait.
  assert.ok(commits > 10 && commits < 40, `${commits} commits`);
  writer.close();
  assert.ok(await sizeOf(path) < SPARE_BYTES);
});

Deno.test("a journal shrinks by itself where nothing is appended any more", async () => {
  await using file = await openJournal();
  for (let written = 0; written < 24; written += 4) {
    await file.journal.append(1, new Uint8Array(4 * MIB));
  }
  assert.ok(file.journal.file.bytes > 24 * MIB);
  file.journal.release({ first: 0, last: file.announced.at(-1)!.last });
  await until(() => Promise.resolve(file.journal.file.bytes), (bytes) => bytes < SPARE_BYTES);
});

Deno.test("a file stays as large as what it holds at a time, however much goes through it", async () => {
  await using data = await temporaryDirectory();
  const path = join(data.path, "journal.db");
  const writer = new JournalWriter(path);
  for (let id = 1; id <= 400; id++) {
    writer.commit([draft(50_000 + id % 7 * 30_000)], [{ first: 0, last: id - 10 }]);
  }
  // 10 entries of 230,000 bytes at most, and the pages of one commit's release.
  assert.ok(writer.file().bytes < 3 * MIB, `${writer.file().bytes} bytes`);
  writer.close();
});

Deno.test("the log is cut back after a large commit", async () => {
  await using data = await temporaryDirectory();
  const path = join(data.path, "journal.db");
  const writer = new JournalWriter(path);
  writer.commit([draft(3 * JOURNAL_LOG_BYTES)], []);
  assert.ok(await sizeOf(`${path}-wal`) > 3 * JOURNAL_LOG_BYTES);
  writer.commit([draft(1)], []);
  assert.ok(await sizeOf(`${path}-wal`) <= JOURNAL_LOG_BYTES);
  writer.close();
});
