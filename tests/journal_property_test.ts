/**
 * Does the journal's file hold what was committed and nothing else, whatever is committed, released,
 * closed, crashed and cut short, in whatever order?
 */
import assert from "node:assert/strict";
import { join } from "node:path";
import fc from "fast-check";
import type { StoredEntry } from "../lib/journal_reader.ts";
import { JournalWriter } from "../lib/journal_store.ts";
import { MAX_DELIVERY_BYTES, MAX_DELIVERY_EVENTS } from "../lib/limits.ts";
import type { Draft } from "../lib/entries.ts";
import type { EntryRange } from "../lib/protocol.ts";
import { readJournal } from "./helpers/journal.ts";
import { newCommit } from "./helpers/wal.ts";

/** What one commit is to write, and which share of what is there it is to release. */
interface Commit {
  readonly drafts: readonly { text: string; repeat: number; events: number; acceptedAt: number }[];
  /** Each leaves out a share of the entries, and releases a share of the rest. */
  readonly released: readonly { skip: number; take: number }[];
}

/** What became of the last commit's bytes in the log when the power went. */
type Tear =
  | { readonly kind: "truncated"; readonly share: number }
  | { readonly kind: "flipped"; readonly share: number; readonly mask: number }
  | { readonly kind: "appended"; readonly garbage: Uint8Array };

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
      // Up to some hundred pages.
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

const tear: fc.Arbitrary<Tear> = fc.oneof(
  fc.record({ kind: fc.constant("truncated" as const), share }),
  fc.record({
    kind: fc.constant("flipped" as const),
    share,
    mask: fc.integer({ min: 1, max: 255 }),
  }),
  fc.record({
    kind: fc.constant("appended" as const),
    garbage: fc.uint8Array({ minLength: 1, maxLength: 9_000 }),
  }),
);

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant("commit" as const), commit }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("reopen" as const) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("crash" as const) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("power cut" as const), commit, tear }) },
);

/** How many power cuts lost the last commit, and how many did not. */
const cuts = { lost: 0, kept: 0 };

/** A journal's writer beside a model of what the file must hold. */
class ModelledJournal implements Disposable {
  readonly #directory: string;
  #path: string;
  #writer: JournalWriter;
  #opened = 0;
  readonly #id: string;
  /** What the journal must hold, oldest first. */
  #entries: readonly StoredEntry[] = [];
  /** The last id that a commit has returned. */
  #lastId = 0;

  constructor() {
    this.#directory = Deno.makeTempDirSync({ prefix: "sekali-test-" });
    this.#path = this.#newPath();
    this.#writer = new JournalWriter(this.#path);
    this.#id = this.#writer.id;
  }

  take(step: Step) {
    if (step.kind === "commit") this.#commit(step.commit);
    else if (step.kind === "reopen") this.#reopen();
    else if (step.kind === "crash") this.#moveTo(this.#read());
    else this.#cutPower(step.commit, step.tear);
  }

  #commit(commit: Commit) {
    const drafts = commit.drafts.map(toDraft);
    const released = commit.released.flatMap((shares) => this.#toRange(shares));
    const written = this.#writer.commit(drafts, released);
    assert.equal(written.length, drafts.length);
    const added = written.map(({ first, last, events, bytes, acceptedAt }, at) => {
      const draft = drafts[at]!;
      assert.ok(first > this.#lastId && last === first, `${first} after ${this.#lastId}`);
      this.#lastId = first;
      assert.deepEqual([events, bytes, acceptedAt], [
        draft.events,
        draft.json.length,
        draft.acceptedAt,
      ]);
      return { id: first, events, acceptedAt, json: new TextDecoder().decode(draft.json) };
    });
    const kept = this.#entries.filter(({ id }) =>
      !released.some(({ first, last }) => first <= id && id <= last)
    );
    this.#entries = [...kept, ...added];
  }

  #toRange({ skip, take }: { skip: number; take: number }): EntryRange[] {
    const ids = this.#entries.map(({ id }) => id);
    const first = Math.floor(skip * (ids.length - 1));
    const last = first + Math.floor(take * (ids.length - 1 - first));
    return ids.length === 0 ? [] : [{ first: ids[first]!, last: ids[last]! }];
  }

  #reopen() {
    this.#writer.close();
    this.#writer = new JournalWriter(this.#path);
  }

  /** The power goes while a commit is under way: the file is still as it was, the log in pieces. */
  #cutPower(commit: Commit, tear: Tear) {
    const { file, log } = this.#read();
    const before = { entries: this.#entries, lastId: this.#lastId };
    this.#commit(commit);
    const written = this.#read().log;
    const place = newCommit(log, written);
    if (place === undefined) return this.#moveTo({ file, log: written });
    const torn = tearLog(written, place, tear);
    this.#moveTo({ file, log: torn.log });
    cuts[torn.whole ? "kept" : "lost"]++;
    if (torn.whole) return;
    this.#entries = before.entries;
    this.#lastId = before.lastId;
  }

  /** The file and its log as they are. */
  #read() {
    return { file: Deno.readFileSync(this.#path), log: readIfThere(`${this.#path}-wal`) };
  }

  /** Goes on with a copy that was never closed, as after a crash. */
  #moveTo({ file, log }: { file: Uint8Array; log: Uint8Array }) {
    this.#writer.close();
    this.#path = this.#newPath();
    Deno.writeFileSync(this.#path, file);
    Deno.writeFileSync(`${this.#path}-wal`, log);
    this.#writer = new JournalWriter(this.#path);
  }

  #newPath() {
    return join(this.#directory, `journal ${++this.#opened}.db`);
  }

  /** Asserts that the file agrees with the model. */
  check() {
    assert.equal(this.#writer.id, this.#id);
    assert.deepEqual(readJournal(this.#path).map((entry) => ({ ...entry })), this.#entries);
    assert.equal(this.#writer.file().oldest, this.#entries[0]?.id ?? this.#lastId + 1);
    const listed = this.#writer.list();
    assert.equal(sum(listed.map(({ events }) => events)), sum(this.#entries.map((e) => e.events)));
    let ids: number[] = [];
    for (const { first, last, events, bytes, acceptedAt } of listed) {
      const those = this.#entries.filter(({ id }) => first <= id && id <= last);
      ids = [...ids, ...those.map(({ id }) => id)];
      assert.deepEqual([first, last], [those[0]?.id, those.at(-1)?.id]);
      assert.equal(events, sum(those.map((entry) => entry.events)));
      assert.equal(bytes, sum(those.map(({ json }) => new TextEncoder().encode(json).length)));
      assert.equal(acceptedAt, those[0]?.acceptedAt);
      const fits = events <= MAX_DELIVERY_EVENTS && bytes <= MAX_DELIVERY_BYTES;
      assert.ok(fits || those.length === 1, `${events} events, ${bytes} bytes`);
    }
    assert.deepEqual(ids, this.#entries.map(({ id }) => id));
  }

  [Symbol.dispose]() {
    this.#writer.close();
    Deno.removeSync(this.#directory, { recursive: true });
  }
}

function toDraft({ text, repeat, events, acceptedAt }: Commit["drafts"][number]): Draft {
  return { events, acceptedAt, json: new TextEncoder().encode(text.repeat(repeat)) };
}

/** @returns the log, and whether the commit is still whole in it */
function tearLog(
  log: Uint8Array,
  { start, end }: { start: number; end: number },
  tear: Tear,
): { log: Uint8Array; whole: boolean } {
  if (tear.kind === "appended") {
    return { log: Uint8Array.from([...log.subarray(0, end), ...tear.garbage]), whole: true };
  }
  const at = Math.floor(start + tear.share * (end - start));
  if (tear.kind === "truncated") return { log: log.slice(0, at), whole: at === end };
  const flipped = log.slice();
  flipped[Math.min(at, end - 1)]! ^= tear.mask;
  return { log: flipped, whole: false };
}

function readIfThere(path: string): Uint8Array {
  try {
    return Deno.readFileSync(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return new Uint8Array();
    throw error;
  }
}

const sum = (numbers: readonly number[]) => numbers.reduce((total, n) => total + n, 0);

Deno.test("a journal holds what was committed last, whatever it went through, under ids that only grow", () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 15 }), (steps) => {
      using journal = new ModelledJournal();
      for (const step of steps) {
        journal.take(step);
        journal.check();
      }
    }),
    { numRuns: 50 },
  );
  assert.ok(cuts.lost > 0 && cuts.kept > 0, JSON.stringify(cuts));
});
