/**
 * Is an event on disk when its append resolves, and does the journal keep it, under an id that is
 * never used again, until it is released?
 */
import assert from "node:assert/strict";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { ProblemError, StartupError } from "../lib/errors.ts";
import { Journal, toDrafts } from "../lib/journal.ts";
import { JournalReader, type StoredEntry } from "../lib/journal_store.ts";
import { MAX_ENTRY_BYTES, MAX_ENTRY_EVENTS } from "../lib/limits.ts";
import type { Entry } from "../lib/protocol.ts";
import { temporaryDirectory, until } from "./helpers/service.ts";

const encoder = new TextEncoder();
const decoder = new TextDecoder();
const EVERYTHING = { first: 0, last: Number.MAX_SAFE_INTEGER };

/** A journal in a directory of its own, with what it said. */
interface TestJournal extends AsyncDisposable {
  readonly path: string;
  readonly journal: Journal;
  /** Entries it announced, in order. */
  readonly announced: Entry[];
  /** Appends one event that is not even JSON: the journal does not look into it. */
  append(text: string, events?: number): Promise<void>;
  /** What a second connection reads. */
  read(): StoredEntry[];
  /** Closes the journal and opens the same file again. */
  reopen(): Promise<TestJournal>;
}

async function openJournal(
  directory?: { path: string } & AsyncDisposable,
): Promise<TestJournal> {
  const data = directory ?? await temporaryDirectory();
  const path = join(data.path, "journal.db");
  const announced: Entry[] = [];
  const journal = await Journal.open(path, {
    entries: (entries) => announced.push(...entries),
    failure: (error) => {
      throw error;
    },
  });
  let closed = false;
  const close = async () => {
    closed = true;
    await journal.close();
  };
  return {
    path,
    journal,
    announced,
    append: (text, events = 1) => journal.append(events, encoder.encode(text)),
    read() {
      const reader = new JournalReader(path);
      const entries = reader.read(EVERYTHING);
      reader.close();
      return entries;
    },
    async reopen() {
      await close();
      return openJournal(data);
    },
    async [Symbol.asyncDispose]() {
      if (closed) return;
      await close();
      await data[Symbol.asyncDispose]();
    },
  };
}

/** The text of entries, joined as a consumer joins them. */
const textOf = (entries: readonly StoredEntry[]) => entries.map(({ json }) => json).join(",");

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
  const { json, ...stored } = file.read()[0]!;
  const { bytes: _, ...announced } = entry!;
  assert.deepEqual([json, stored], ["é", announced]);
});

Deno.test("append() of many at once shares entries, and keeps all in order", async () => {
  await using file = await openJournal();
  const texts = Array.from({ length: 500 }, (_, n) => `event ${n}`);
  await Promise.all(texts.map((text) => file.append(text)));
  const entries = file.read();
  assert.ok(entries.length < texts.length / 10, `${entries.length} entries`);
  assert.equal(textOf(entries), texts.join(","));
  assert.equal(entries.reduce((sum, { events }) => sum + events, 0), texts.length);
  assert.deepEqual(entries.map(({ id }) => id), file.announced.map(({ id }) => id));
});

Deno.test("release() frees entries, and only those", async () => {
  await using file = await openJournal();
  for (const text of ["a", "b", "c", "d"]) await file.append(text);
  const [a, b, c, d] = file.announced.map(({ id }) => id);
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
  const last = first.announced.at(-1)!.id;
  first.journal.release({ first: 0, last });
  await using second = await first.reopen();
  assert.deepEqual(second.journal.leftover, []);
  assert.equal(second.journal.file.oldest, last + 1);
  await second.append("d");
  assert.equal(second.announced[0]!.id, last + 1);
});

Deno.test("what was not released comes back after a restart, oldest first, under the same ids", async () => {
  await using first = await openJournal();
  for (const text of ["a", "bb", "ccc"]) await first.append(text, text.length);
  first.journal.release({ first: 2, last: 2 });
  await using second = await first.reopen();
  assert.deepEqual(second.journal.leftover, [first.announced[0], first.announced[2]]);
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

/** Asserts that a journal is not opened, for a reason in one line that names the file. */
async function assertNotOpened(path: string, reason: RegExp) {
  const opened = Journal.open(path, { entries() {}, failure() {} });
  await assert.rejects(opened, (error) => {
    assert.ok(error instanceof StartupError, String(error));
    assert.ok(error.message.includes(path) && !error.message.includes("\n"), error.message);
    assert.match(error.message, reason);
    return true;
  });
}

Deno.test("Journal.open() refuses a file of a newer layout, and leaves it alone", async () => {
  await using data = await temporaryDirectory();
  const path = join(data.path, "journal.db");
  const newer = new DatabaseSync(path);
  newer.exec("create table entries (something new); pragma user_version = 4711");
  await assertNotOpened(path, /layout 4711/);
  assert.deepEqual({ ...newer.prepare("pragma user_version").get() }, { user_version: 4711 });
  newer.close();
});

Deno.test("Journal.open() refuses a file that is no database", async () => {
  await using data = await temporaryDirectory();
  const path = join(data.path, "journal.db");
  const text = "This is a letter, not a database.\n".repeat(100);
  await Deno.writeTextFile(path, text);
  await assertNotOpened(path, /not a database/);
  assert.equal(await Deno.readTextFile(path), text);
});

Deno.test("Journal.open() refuses a path that it cannot write to", async () => {
  await using data = await temporaryDirectory();
  await assertNotOpened(join(data.path, "nowhere", "journal.db"), /No such file/);
  await assertNotOpened(data.path, /directory/);
});

/** Requests of so many events each, with bodies of a given size. */
const requests = (count: number, events: number, bytes = 1) =>
  Array.from({ length: count }, (_, n) => ({
    events,
    json: new Uint8Array(bytes).fill("a".charCodeAt(0) + n % 26),
  }));

Deno.test("toDrafts() joins requests by commas, in order", () => {
  const appends = ["a", "bb", "", "c"].map((text) => ({ events: 1, json: encoder.encode(text) }));
  const [draft, ...others] = toDrafts(appends, 42);
  assert.deepEqual(others, []);
  assert.deepEqual([draft!.events, draft!.acceptedAt], [4, 42]);
  assert.equal(decoder.decode(draft!.json), "a,bb,,c");
});

Deno.test("toDrafts() makes nothing of nothing", () => {
  assert.deepEqual(toDrafts([], 42), []);
});

Deno.test("toDrafts() fills an entry up to the most events and starts another with the next", () => {
  const half = MAX_ENTRY_EVENTS / 2;
  const counts = (appends: Parameters<typeof toDrafts>[0]) =>
    toDrafts(appends, 0).map(({ events }) => events);
  assert.deepEqual(counts(requests(2, half)), [MAX_ENTRY_EVENTS]);
  assert.deepEqual(counts(requests(3, half)), [MAX_ENTRY_EVENTS, half]);
  assert.deepEqual(counts([...requests(1, half), ...requests(1, half + 1)]), [half, half + 1]);
});

Deno.test("toDrafts() fills an entry up to the most bytes, commas included", () => {
  const sizes = (...bytes: number[]) =>
    toDrafts(bytes.flatMap((size) => requests(1, 1, size)), 0).map(({ json }) => json.length);
  const half = MAX_ENTRY_BYTES / 2;
  assert.deepEqual(sizes(half, half - 1), [MAX_ENTRY_BYTES]);
  assert.deepEqual(sizes(half, half), [half, half]);
  assert.deepEqual(sizes(half, half, 1), [half, half + 2]);
});

Deno.test("toDrafts() leaves a request whole that alone is beyond the bounds", () => {
  const large = requests(1, MAX_ENTRY_EVENTS * 3, MAX_ENTRY_BYTES + 5);
  const small = requests(1, 1);
  const drafts = toDrafts([...small, ...large, ...small], 0);
  assert.deepEqual(drafts.map(({ events }) => events), [1, MAX_ENTRY_EVENTS * 3, 1]);
  assert.deepEqual(drafts[1]!.json, large[0]!.json);
});
