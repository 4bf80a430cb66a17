/**
 * Does the journal hold what was committed and nothing else, whatever is committed, released,
 * closed, crashed and cut short, in whatever order?
 */
import assert from "node:assert/strict";
import { join } from "node:path";
import fc from "fast-check";
import type { StoredEntry } from "../../lib/journal/reader.ts";
import { SEGMENT_HEAD_BYTES } from "../../lib/journal/segment.ts";
import { JournalWriter } from "../../lib/journal/writer.ts";
import { MAX_DELIVERY_BYTES, MAX_DELIVERY_EVENTS } from "../../lib/limits.ts";
import { type Draft, toRanges } from "../../lib/entries.ts";
import type { EntryRange } from "../../lib/protocol.ts";
import { readJournal } from "../helpers/journal.ts";

/** What one commit is to write, and which share of what is there it is to release. */
interface Commit {
  readonly drafts: readonly { text: string; repeat: number; events: number; acceptedAt: number }[];
  /** Each leaves out a share of the entries, and releases a share of the rest. */
  readonly released: readonly { skip: number; take: number }[];
}

/** Which pages of what was written last were on disk when the power went, over and over. */
interface Tear {
  readonly pages: readonly boolean[];
}

type Step =
  | { readonly kind: "commit"; readonly commit: Commit }
  | { readonly kind: "reopen" }
  | { readonly kind: "crash" }
  | { readonly kind: "power cut"; readonly commit: Commit; readonly tear: Tear };

const share = fc.double({ min: 0, max: 1, noNaN: true });

const commit: fc.Arbitrary<Commit> = fc.record({
  drafts: fc.array(
    fc.record({
      text: fc.string({ unit: "grapheme", minLength: 1, maxLength: 4 }),
      // Up to some segments.
      repeat: fc.oneof({ weight: 4, arbitrary: fc.integer({ min: 1, max: 50 }) }, {
        weight: 1,
        arbitrary: fc.integer({ min: 1_000, max: 50_000 }),
      }),
      events: fc.integer({ min: 1, max: 1_500 }),
      acceptedAt: fc.integer({ min: 0, max: 2 ** 43 }),
    }),
    { maxLength: 5 },
  ),
  released: fc.array(fc.record({ skip: share, take: share }), { maxLength: 2 }),
});

const tear: fc.Arbitrary<Tear> = fc.record({
  pages: fc.oneof(fc.constant([true]), fc.array(fc.boolean(), { minLength: 1, maxLength: 12 })),
});

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant("commit" as const), commit }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("reopen" as const) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("crash" as const) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("power cut" as const), commit, tear }) },
);

/** How many power cuts lost some of the last commit, and how many did not. */
const cuts = { lost: 0, kept: 0 };

/** Small, so that a few commits fill some. */
const SEGMENT = 32 * 1024;

/** A journal's writer beside a model of what it must hold. */
class ModelledJournal implements AsyncDisposable {
  readonly #directory: string;
  #path: string;
  #writer: JournalWriter;
  #opened = 0;
  readonly #id: string;
  /** All that was ever committed. */
  readonly #entries = new Map<number, StoredEntry>();
  /** What of it must come back. */
  #unreleased = new Set<number>();
  /** The last id that was on disk. */
  #lastId = 0;

  private constructor(directory: string, path: string, writer: JournalWriter) {
    this.#directory = directory;
    this.#path = path;
    this.#writer = writer;
    this.#id = writer.id;
  }

  static async open(): Promise<ModelledJournal> {
    const directory = await Deno.makeTempDir({ prefix: "sekali-test-" });
    const path = join(directory, "journal 0");
    return new ModelledJournal(directory, path, await JournalWriter.open(path, false, SEGMENT));
  }

  async take(step: Step) {
    if (step.kind === "commit") await this.#commit(step.commit);
    else if (step.kind === "reopen") await this.#reopen();
    else if (step.kind === "crash") await this.#crash();
    else await this.#cutPower(step.commit, step.tear);
  }

  async #commit(commit: Commit) {
    this.#write(commit);
    await this.#writer.sync();
    this.#release(commit);
  }

  #write(commit: Commit) {
    const drafts = commit.drafts.map(toDraft);
    if (drafts.length === 0) return;
    const written = this.#writer.commit(drafts);
    assert.equal(written.length, drafts.length);
    for (const [at, { first, last, events, bytes, acceptedAt }] of written.entries()) {
      const draft = drafts[at]!;
      assert.ok(first === this.#lastId + 1 && last === first, `${first} after ${this.#lastId}`);
      this.#lastId = first;
      assert.deepEqual([events, bytes, acceptedAt], [
        draft.events,
        draft.json.length,
        draft.acceptedAt,
      ]);
      const json = new TextDecoder().decode(draft.json);
      this.#entries.set(first, { id: first, events, acceptedAt, json });
      this.#unreleased.add(first);
    }
  }

  #release(commit: Commit) {
    for (const shares of commit.released) {
      for (const range of this.#toRanges(shares)) {
        this.#writer.release(range);
        for (let id = range.first; id <= range.last; id++) this.#unreleased.delete(id);
      }
    }
  }

  /** Neighbours together: a range that is released holds no entry that was released before. */
  #toRanges({ skip, take }: { skip: number; take: number }): EntryRange[] {
    const ids = [...this.#unreleased].sort((a, b) => a - b);
    const from = Math.floor(skip * ids.length);
    return toRanges(ids.slice(from, from + Math.ceil(take * (ids.length - from))));
  }

  async #reopen() {
    await this.#writer.close();
    this.#writer = await JournalWriter.open(this.#path, false, SEGMENT);
    this.#comeBack(this.#writer.file.oldest);
  }

  /** Goes on with a copy that was never closed, as after `kill -9`. */
  async #crash() {
    const { oldest } = this.#writer.file;
    await this.#moveTo(await this.#read());
    this.#comeBack(oldest);
  }

  /** The power goes while a commit is under way, of which some pages are on disk and some are not. */
  async #cutPower(commit: Commit, tear: Tear) {
    const before = await this.#read();
    const acked = this.#lastId;
    this.#write(commit);
    const after = await this.#read();
    await this.#moveTo(tearPages(before, after, tear));
    const kept = this.#writer.next - 1;
    assert.ok(kept >= acked, `${kept} of ${acked} that were on disk`);
    cuts[kept < this.#lastId ? "lost" : "kept"]++;
    for (let id = kept + 1; id <= this.#lastId; id++) {
      this.#entries.delete(id);
      this.#unreleased.delete(id);
    }
    this.#lastId = kept;
    this.#comeBack(0);
  }

  /** Notes what came back: all that was not released, and nothing below an id. */
  #comeBack(oldest: number) {
    assert.deepEqual(this.#writer.damaged, []);
    const back = new Set<number>();
    for (const { first, last } of this.#writer.leftover) {
      assert.ok(first >= oldest);
      for (let id = first; id <= last; id++) back.add(id);
    }
    assert.deepEqual([...this.#unreleased].filter((id) => !back.has(id)), []);
    this.#unreleased = back;
  }

  /** All files as they are. */
  async #read(): Promise<Map<string, Uint8Array>> {
    const files = new Map<string, Uint8Array>();
    for (const { name } of Deno.readDirSync(this.#path)) {
      const bytes = await Deno.readFile(join(this.#path, name)).catch(() => undefined);
      if (bytes !== undefined) files.set(name, bytes);
    }
    return files;
  }

  async #moveTo(files: ReadonlyMap<string, Uint8Array>) {
    await this.#writer.close();
    this.#path = join(this.#directory, `journal ${++this.#opened}`);
    await Deno.mkdir(this.#path);
    for (const [name, bytes] of files) await Deno.writeFile(join(this.#path, name), bytes);
    this.#writer = await JournalWriter.open(this.#path, false, SEGMENT);
  }

  /** Asserts that the journal agrees with the model. */
  check() {
    assert.equal(this.#writer.id, this.#id);
    assert.equal(this.#writer.next, this.#lastId + 1);
    const ids = [...this.#unreleased].sort((a, b) => a - b);
    assert.equal(this.#writer.file.oldest, ids[0] ?? this.#lastId + 1);
    const held = new Map(readJournal(this.#path).map((entry) => [entry.id, entry]));
    for (const id of ids) assert.deepEqual(held.get(id), this.#entries.get(id));
    for (const [id, entry] of held) assert.deepEqual(entry, this.#entries.get(id));
  }

  /** Asserts that what comes back comes as deliveries. */
  checkLeftover() {
    for (const { first, last, events, bytes, acceptedAt } of this.#writer.leftover) {
      const those = Array.from(
        { length: last - first + 1 },
        (_, n) => this.#entries.get(first + n)!,
      );
      assert.equal(events, sum(those.map((entry) => entry.events)));
      assert.equal(bytes, sum(those.map(({ json }) => new TextEncoder().encode(json).length)));
      assert.equal(acceptedAt, those[0]?.acceptedAt);
      const fits = events <= MAX_DELIVERY_EVENTS && bytes <= MAX_DELIVERY_BYTES;
      assert.ok(fits || those.length === 1, `${events} events, ${bytes} bytes`);
    }
  }

  async [Symbol.asyncDispose]() {
    await this.#writer.close();
    await Deno.remove(this.#directory, { recursive: true });
  }
}

function toDraft({ text, repeat, events, acceptedAt }: Commit["drafts"][number]): Draft {
  return { events, acceptedAt, json: new TextEncoder().encode(text.repeat(repeat)) };
}

/** The files as a power cut leaves them: of pages that were not synced some are as before. */
function tearPages(
  before: ReadonlyMap<string, Uint8Array>,
  after: ReadonlyMap<string, Uint8Array>,
  { pages }: Tear,
): Map<string, Uint8Array> {
  let nth = 0;
  return new Map(
    Array.from(after, ([name, bytes]) => {
      // A segment that was begun had been the spare; its head was synced.
      const old = before.get(name) ?? before.get("spare") ?? new Uint8Array();
      const torn = bytes.slice();
      for (let at = before.has(name) ? 0 : SEGMENT_HEAD_BYTES; at < torn.length; at += PAGE_BYTES) {
        const was = new Uint8Array(Math.min(PAGE_BYTES, torn.length - at));
        was.set(old.subarray(at, at + was.length));
        const now = bytes.subarray(at, at + PAGE_BYTES);
        if (was.every((byte, n) => byte === now[n])) continue;
        if (!pages[nth++ % pages.length]) torn.set(was, at);
      }
      return [name, torn];
    }),
  );
}

const PAGE_BYTES = 4096;

const sum = (numbers: readonly number[]) => numbers.reduce((total, n) => total + n, 0);

Deno.test("a journal holds what was committed last, whatever it went through, under ids that only grow", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 15 }), async (steps) => {
      await using journal = await ModelledJournal.open();
      for (const step of steps) {
        await journal.take(step);
        journal.check();
        journal.checkLeftover();
      }
    }),
    { numRuns: 50 },
  );
  assert.ok(cuts.lost > 0 && cuts.kept > 0, JSON.stringify(cuts));
});
