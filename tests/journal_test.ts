/**
 * Is an event on disk when its append resolves, and does the journal keep it, under an id that is
 * never used again, until it is released?
 */
import assert from "node:assert/strict";
import { ProblemError } from "../lib/errors.ts";
import { COMMIT_BYTES } from "../lib/journal/limits.ts";
import { failWrites } from "./helpers/disk.ts";
import { openJournal, textOf } from "./helpers/journal.ts";

Deno.test("append() resolves when a consumer can read the events", async () => {
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
  assert.deepEqual(file.read(), [{ id: first, events, acceptedAt, json: "é" }]);
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

Deno.test("a commit takes no more than its share, and what is left goes into the next, in order", async () => {
  await using file = await openJournal();
  const texts = ["a", "b", "c", "d", "e"].map((letter) => letter.repeat(0.6 * COMMIT_BYTES));
  const answered: number[] = [];
  await Promise.all(texts.map((text, nth) => file.append(text).then(() => answered.push(nth))));
  assert.deepEqual(answered, [0, 1, 2, 3, 4]);
  assert.equal(textOf(file.read()), texts.join(","));
});

Deno.test("release() lets the oldest entry be the first that is not released", async () => {
  await using file = await openJournal();
  for (const text of ["a", "b", "c", "d"]) await file.append(text);
  const [a, b, c, d] = file.announced.map(({ first }) => first);
  assert.equal(file.journal.file.oldest, a);
  file.journal.release({ first: b!, last: c! });
  assert.equal(file.journal.file.oldest, a);
  file.journal.release({ first: a!, last: a! });
  assert.equal(file.journal.file.oldest, d);
  file.journal.release({ first: d!, last: d! });
  assert.equal(file.journal.file.oldest, d! + 1);
});

Deno.test("an id is never used again, also after all entries were released and the journal opened anew", async () => {
  await using first = await openJournal();
  for (const text of ["a", "b", "c"]) await first.append(text);
  first.journal.release({ first: 1, last: 3 });
  await using second = await first.reopen();
  assert.deepEqual(second.journal.leftover, []);
  assert.equal(second.journal.file.oldest, 4);
  assert.equal(second.journal.next, 4);
  await second.append("d");
  assert.equal(second.announced[0]!.first, 4);
});

Deno.test("what was not released comes back after a restart, oldest first, under the same ids", async () => {
  await using first = await openJournal();
  for (const text of ["a", "bb", "ccc"]) await first.append(text, text.length);
  first.journal.release({ first: 1, last: 1 });
  await using second = await first.reopen();
  const { acceptedAt } = first.announced[1]!;
  assert.deepEqual(second.journal.leftover, [
    { first: 2, last: 3, events: 5, bytes: 5, acceptedAt },
  ]);
  assert.equal(second.journal.id, first.journal.id);
});

Deno.test("what was released behind an entry that was not comes back with it", async () => {
  await using first = await openJournal();
  for (const text of ["a", "b", "c"]) await first.append(text);
  first.journal.release({ first: 2, last: 2 });
  await using second = await first.reopen();
  assert.deepEqual(second.journal.leftover.map(({ first, last }) => [first, last]), [[1, 3]]);
  second.journal.release({ first: 1, last: 3 });
  assert.equal(second.journal.file.oldest, 4);
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

Deno.test("append() rejects with 503 where the disk takes nothing, stores nothing, and works again afterwards", async () => {
  await using file = await openJournal();
  await file.append("before");
  {
    using _ = failWrites("Input/output error");
    await assert.rejects(file.append("lost"), (error) => {
      assert.ok(error instanceof ProblemError, String(error));
      assert.equal(error.status, 503);
      return true;
    });
  }
  await file.append("kept");
  assert.deepEqual(file.announced.map(({ first }) => first), [1, 2]);
  assert.equal(textOf(file.read()), "before,kept");
  await using again = await file.reopen();
  assert.deepEqual(again.journal.leftover.map(({ events }) => events), [2]);
});

Deno.test("a release of which the disk takes no note is none the less one", async () => {
  await using first = await openJournal();
  await first.append("a");
  await first.append("b");
  {
    using _ = failWrites("Input/output error");
    first.journal.release({ first: 1, last: 1 });
  }
  assert.equal(first.journal.file.oldest, 2);
  await using second = await first.reopen();
  assert.equal(second.journal.file.oldest, 2);
});
