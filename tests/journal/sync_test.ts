/**
 * Is nothing told of an append before the disk has it, wherever the sync is waited for?
 */
import assert from "node:assert/strict";
import { Journal } from "../../lib/journal.ts";
import { SLOW_DISK_MS, SYNC_IN_PLACE_BYTES, SYNC_IN_PLACE_MS } from "../../lib/journal/limits.ts";
import { Syncer } from "../../lib/journal/sync.ts";
import { delay } from "../../lib/delay.ts";
import { openJournal, textOf } from "../helpers/journal.ts";
import { temporaryDirectory, until } from "../helpers/service.ts";
import { within } from "../helpers/within.ts";

/** Where a sync was waited for. */
type Where = "in place" | "elsewhere";

/** Has all syncs of this process go through `before`, which may throw, until it is disposed of. */
function watchSyncs(
  before: (where: Where) => Promise<void> | void,
): Disposable & { seen: Where[] } {
  const prototype = Deno.FsFile.prototype;
  const { syncData, syncDataSync } = prototype;
  const seen: Where[] = [];
  prototype.syncDataSync = function () {
    seen.push("in place");
    before("in place");
    syncDataSync.call(this);
  };
  prototype.syncData = async function () {
    seen.push("elsewhere");
    await before("elsewhere");
    await syncData.call(this);
  };
  return {
    seen,
    [Symbol.dispose]: () => Object.assign(prototype, { syncData, syncDataSync }),
  };
}

const LARGE = "x".repeat(SYNC_IN_PLACE_BYTES + 1);

/** A file of its own that was never synced. */
async function openFile(): Promise<{ file: Deno.FsFile } & AsyncDisposable> {
  const directory = await temporaryDirectory();
  const file = await Deno.create(`${directory.path}/file`);
  await file.write(new TextEncoder().encode("something"));
  return {
    file,
    async [Symbol.asyncDispose]() {
      file.close();
      await directory[Symbol.asyncDispose]();
    },
  };
}

Deno.test("a sync is waited for in place where little was written, elsewhere where much was", async () => {
  for (
    const [bytes, where] of [[SYNC_IN_PLACE_BYTES, "in place"], [
      SYNC_IN_PLACE_BYTES + 1,
      "elsewhere",
    ]] as const
  ) {
    await using written = await openFile();
    const syncer = new Syncer();
    using syncs = watchSyncs(() => {});
    const synced = syncer.sync(written.file, bytes);
    assert.equal(synced === undefined, where === "in place");
    await synced;
    assert.deepEqual(syncs.seen, [where]);
  }
});

Deno.test("a slow disk is not waited for in place again, but for twice in a while", async () => {
  await using written = await openFile();
  const syncer = new Syncer();
  using syncs = watchSyncs((where) => {
    if (where === "in place") standStill(2 * SYNC_IN_PLACE_MS);
  });
  for (let n = 0; n < 4; n++) await syncer.sync(written.file, 1);
  assert.deepEqual(syncs.seen, ["in place", "in place", "elsewhere", "elsewhere"]);
  await delay(SLOW_DISK_MS);
  await syncer.sync(written.file, 1);
  assert.equal(syncs.seen.at(-1), "in place");
});

Deno.test("a disk that stalls now and then is not a slow one", async () => {
  await using written = await openFile();
  let isDisturbed: boolean;
  do {
    isDisturbed = false;
    const syncer = new Syncer();
    using syncs = watchSyncs(() => {
      if (syncs.seen.length % 2 === 0) standStill(2 * SYNC_IN_PLACE_MS);
    });
    for (let n = 0; n < 6; n++) {
      const start = performance.now();
      await syncer.sync(written.file, 1);
      // Where the disk has stalls of its own, nothing can be said.
      isDisturbed ||= n % 2 === 0 && performance.now() - start > SYNC_IN_PLACE_MS;
    }
    if (!isDisturbed) assert.deepEqual(new Set(syncs.seen), new Set(["in place"]));
  } while (isDisturbed);
});

/** Has this thread do nothing for a while. */
function standStill(ms: number) {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}

Deno.test("append() resolves, and its entry is announced, after a sync", async () => {
  await using file = await openJournal();
  using syncs = watchSyncs(() => assert.deepEqual(file.announced, []));
  await file.append("small");
  assert.equal(syncs.seen.length, 1);
  assert.equal(file.announced.length, 1);
});

Deno.test("append() waits for a sync elsewhere, and what comes meanwhile shares the next", async () => {
  await using file = await openJournal();
  const disk = Promise.withResolvers<void>();
  using syncs = watchSyncs(() => syncs.seen.length === 1 ? disk.promise : undefined);
  let answered = 0;
  const append = async (text: string) => {
    await file.append(text);
    answered++;
  };
  const large = append(LARGE);
  await until(() => Promise.resolve(syncs.seen), ({ length }) => length > 0);
  const others = ["a", "b", "c"].map(append);
  await delay(50);
  assert.deepEqual([answered, file.announced], [0, []]);
  disk.resolve();
  await Promise.all([large, ...others]);
  assert.equal(syncs.seen.length, 2);
  assert.equal(textOf(file.read()), `${LARGE},a,b,c`);
  assert.deepEqual(file.announced.map(({ events }) => events), [1, 3]);
});

for (const [what, text] of [["a little", "small"], ["much", LARGE]] as const) {
  Deno.test({
    name: `a sync of ${what} that fails is the end: no append is answered any more`,
    // A journal that has failed is never closed: the process ends.
    sanitizeResources: false,
    async fn() {
      await using directory = await temporaryDirectory();
      const failed = Promise.withResolvers<Error>();
      const journal = await Journal.open(`${directory.path}/journal`, {
        entries: () => assert.fail("an entry was announced"),
        failure: failed.resolve,
      });
      using _ = watchSyncs(() => {
        throw new Error("Input/output error");
      });
      const json = new TextEncoder().encode(text);
      let answered = false;
      const append = () => journal.append(1, json).finally(() => answered = true);
      append();
      const { message } = await within(5_000, "The failure", failed.promise);
      assert.equal(message, "The journal cannot be synced: Input/output error");
      append();
      await delay(50);
      assert.equal(answered, false);
    },
  });
}
