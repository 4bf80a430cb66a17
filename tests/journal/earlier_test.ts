/**
 * Is what an earlier version left in `journal.db` taken over, whole and under its own ids?
 */
import assert from "node:assert/strict";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { StartupError } from "../../lib/errors.ts";
import { Journal } from "../../lib/journal.ts";
import { JournalWriter } from "../../lib/journal/writer.ts";
import { openJournalIn, textOf } from "../helpers/journal.ts";
import { logOf } from "../helpers/log.ts";
import { temporaryDirectory } from "../helpers/service.ts";

/** The file as the first version with one had it. */
const LAYOUT_1 = `
  pragma journal_mode = wal;
  create table journal (id text not null) strict;
  create table entries (
    id          integer primary key autoincrement,
    events      integer not null,
    accepted_at integer not null,
    json        blob    not null
  ) strict;
  insert into journal values ('0a1b2c3d-0000-4000-8000-000000000000');
  insert into entries (events, accepted_at, json) values
    (1, 10, cast('one' as blob)), (2, 20, cast('two' as blob)), (3, 30, cast('three' as blob)),
    (4, 40, cast('four' as blob));
  delete from entries where id in (1, 3);
  pragma user_version = 1;
`;

/** The same as the last version left it: 298486374 is the CRC of "two". */
const LAYOUT_3 = `
  ${LAYOUT_1}
  alter table entries add column crc32 integer;
  update entries set crc32 = 298486374 where id in (2, 4);
  alter table journal add column in_parts integer not null default 0;
  pragma user_version = 3;
`;

/** A data directory with such a file in it. */
async function leftBy(sql: string) {
  const data = await temporaryDirectory();
  const database = new DatabaseSync(join(data.path, "journal.db"));
  database.exec(sql);
  database.close();
  return data;
}

const filesIn = (path: string) => Array.from(Deno.readDirSync(path), ({ name }) => name).sort();

Deno.test("entries of an earlier version come back under their ids, and the file is gone", async () => {
  await using data = await leftBy(LAYOUT_1);
  await using first = await openJournalIn(data.path);
  assert.equal(first.journal.id, "0a1b2c3d-0000-4000-8000-000000000000");
  assert.deepEqual(first.journal.leftover, [
    { first: 2, last: 2, events: 2, bytes: 3, acceptedAt: 20 },
    { first: 4, last: 4, events: 4, bytes: 4, acceptedAt: 40 },
  ]);
  assert.deepEqual(filesIn(data.path), ["journal"]);
  await first.append("five");
  assert.equal(first.announced[0]!.first, 5);
  await using second = await first.reopen();
  assert.equal(second.journal.id, first.journal.id);
  assert.equal(textOf(second.read()), "two,four,five");
  second.journal.release({ first: 2, last: 2 });
  assert.equal(second.journal.file.oldest, 4);
});

Deno.test("an entry that has no longer the checksum that the earlier version noted is set aside", async () => {
  await using data = await leftBy(LAYOUT_3);
  const lines = await logOf(async () => {
    await using file = await openJournalIn(data.path);
    assert.equal(textOf(file.read()), "two");
  });
  assert.equal(lines.length, 1, lines.join("\n"));
  assert.match(lines[0]!, /^error: Entry 4 \(4 events, accepted 1970/);
});

Deno.test("ids of an earlier version are not used again, also where none of its entries is left", async () => {
  await using data = await leftBy(`${LAYOUT_1}; delete from entries;`);
  await using first = await openJournalIn(data.path);
  assert.deepEqual([first.journal.leftover, first.journal.next], [[], 5]);
  await using second = await first.reopen();
  assert.deepEqual([second.journal.leftover, second.journal.next], [[], 5]);
});

Deno.test("entries of an earlier version that are applied in parts stay so", async () => {
  await using data = await leftBy(`
    ${LAYOUT_3}
    update journal set in_parts = 1;
    update entries set crc32 = null;
  `);
  const path = join(data.path, "journal");
  await assert.rejects(JournalWriter.open(path), /2 entries of a run with QUEUE_URL/);
  await (await JournalWriter.open(path, true)).close();
});

Deno.test("a start that did not come to its end is gone on with", async () => {
  await using data = await leftBy(LAYOUT_1);
  await using copied = await leftBy(LAYOUT_1);
  await using before = await openJournalIn(copied.path);
  await before.append("five");
  await before[Symbol.asyncDispose]();
  await Deno.rename(join(copied.path, "journal"), join(data.path, "journal"));
  await Deno.writeTextFile(join(data.path, "journal", "earlier"), "not finished");
  await using file = await openJournalIn(data.path);
  assert.equal(textOf(file.read()), "two,four,five");
  assert.deepEqual(filesIn(data.path), ["journal"]);
});

Deno.test("a file of an earlier version beside another journal is refused, and both left alone", async () => {
  await using data = await leftBy(LAYOUT_1);
  await using other = await temporaryDirectory();
  await using file = await openJournalIn(other.path);
  await file.append("one");
  await file[Symbol.asyncDispose]();
  await Deno.rename(join(other.path, "journal"), join(data.path, "journal"));
  const path = join(data.path, "journal");
  await assert.rejects(JournalWriter.open(path), /another journal is there already/);
  await Deno.rename(`${path}.db`, join(data.path, "elsewhere"));
  await using again = await openJournalIn(data.path);
  assert.equal(textOf(again.read()), "one");
});

Deno.test("a broken file of an earlier version is refused in one line that says what to do, and left alone", async () => {
  await using data = await temporaryDirectory();
  const path = join(data.path, "journal.db");
  await Deno.writeTextFile(path, "This is a letter, not a database.\n".repeat(100));
  const before = await Deno.readFile(path);
  await assert.rejects(
    Journal.open(join(data.path, "journal"), { entries() {}, failure() {} }),
    (error) => {
      assert.ok(error instanceof StartupError, String(error));
      assert.match(
        error.message,
        /^Cannot open [^\n]*journal\.db of an earlier version: [^\n]*not a database[^\n]*not delivered$/,
      );
      return true;
    },
  );
  assert.deepEqual(await Deno.readFile(path), before);
});
