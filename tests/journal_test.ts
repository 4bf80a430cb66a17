/**
 * Is an event on disk when its append resolves, and does the journal keep it, under an id that is
 * never used again, until it is released?
 */
import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { ProblemError } from "../lib/errors.ts";
import { openJournal, textOf } from "./helpers/journal.ts";
import { until } from "./helpers/service.ts";

Deno.test("append() resolves when a second connection can read the events", async () => {
  await using file = await openJournal();
  for (const text of ["one", "two", "é😀"]) {
    await file.append(text);
    assert.equal(file.read().at(-1)!.json, text);
  }
});

Deno.test("append() announces an entry before it resolves, with its size and the time", async () => {
  await using file = await openJournal();
  const before = Date.now();
  await file.append("é", 7);
  const [entry] = file.announced;
  assert.deepEqual([entry!.events, entry!.bytes], [7, 2]);
  assert.ok(before <= entry!.acceptedAt && entry!.acceptedAt <= Date.now());
  const { first, last, events, acceptedAt } = entry!;
  assert.deepEqual({ ...file.read()[0] }, { id: first, events, acceptedAt, json: "é" });
  assert.equal(last, first);
});

Deno.test("append() of many at once shares entries, and keeps all in order", async () => {
  await using file = await openJournal();
  const texts = Array.from({ length: 500 }, (_, n) => `event ${n}`);
  await Promise.all(texts.map((text) => file.append(text)));
  const entries = file.read();
  assert.ok(entries.length < texts.length / 10, `${entries.length} entries`);
  assert.equal(textOf(entries), texts.join(","));
  assert.equal(entries.reduce((sum, { events }) => sum + events, 0), texts.length);
  assert.deepEqual(entries.map(({ id }) => id), file.announced.map(({ first }) => first));
});

Deno.test("release() frees entries, and only those", async () => {
  await using file = await openJournal();
  for (const text of ["a", "b", "c", "d"]) await file.append(text);
  const [a, b, c, d] = file.announced.map(({ first }) => first);
  assert.equal(file.journal.file.oldest, a);
  file.journal.release({ first: b!, last: c! });
  await file.append("e");
  assert.equal(textOf(file.read()), "a,d,e");
  assert.equal(file.journal.file.oldest, a);
  file.journal.release({ first: a!, last: a! });
  await file.append("f");
  assert.equal(file.journal.file.oldest, d);
});

Deno.test("release() happens by itself where nothing is appended", async () => {
  await using file = await openJournal();
  await file.append("a");
  file.journal.release({ first: 1, last: 1 });
  await until(() => Promise.resolve(file.journal.file.oldest), (oldest) => oldest === 2);
  assert.deepEqual(file.read(), []);
});

Deno.test("an id is never used again, also after all entries were released and the file opened anew", async () => {
  await using first = await openJournal();
  for (const text of ["a", "b", "c"]) await first.append(text);
  const last = first.announced.at(-1)!.last;
  first.journal.release({ first: 0, last });
  await using second = await first.reopen();
  assert.deepEqual(second.journal.leftover, []);
  assert.equal(second.journal.file.oldest, last + 1);
  await second.append("d");
  assert.equal(second.announced[0]!.first, last + 1);
});

Deno.test("what was not released comes back after a restart, oldest first, under the same ids", async () => {
  await using first = await openJournal();
  for (const text of ["a", "bb", "ccc"]) await first.append(text, text.length);
  first.journal.release({ first: 2, last: 2 });
  await using second = await first.reopen();
  const { acceptedAt } = first.announced[0]!;
  assert.deepEqual(second.journal.leftover, [
    { first: 1, last: 3, events: 4, bytes: 4, acceptedAt },
  ]);
  assert.equal(textOf(second.read()), "a,ccc");
  assert.equal(second.journal.id, first.journal.id);
});

Deno.test("close() commits what is still waiting", async () => {
  await using first = await openJournal();
  const appends = Promise.all(["a", "b", "c"].map((text) => first.append(text)));
  await using second = await first.reopen();
  await appends;
  assert.equal(textOf(second.read()), "a,b,c");
});

Deno.test("two journals have ids of their own", async () => {
  await using one = await openJournal();
  await using two = await openJournal();
  assert.match(one.journal.id, /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/);
  assert.notEqual(one.journal.id, two.journal.id);
});

Deno.test("append() rejects with 503 where the file cannot be written, stores nothing, and works again afterwards", async () => {
  await using file = await openJournal();
  const other = new DatabaseSync(file.path);
  other.exec("begin immediate");
  await assert.rejects(file.append("lost"), (error) => {
    assert.ok(error instanceof ProblemError, String(error));
    assert.equal(error.status, 503);
    return true;
  });
  other.exec("rollback");
  other.close();
  assert.deepEqual(file.announced, []);
  await file.append("kept");
  assert.equal(textOf(file.read()), "kept");
});

Deno.test("a release that could not be written is not forgotten", async () => {
  await using file = await openJournal();
  await file.append("a");
  const other = new DatabaseSync(file.path);
  other.exec("begin immediate");
  file.journal.release({ first: 1, last: 1 });
  await assert.rejects(file.append("lost"));
  other.exec("rollback");
  other.close();
  await file.append("b");
  assert.equal(textOf(file.read()), "b");
});
