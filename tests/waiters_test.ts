/**
 * Does a request wait no longer than it has to, and is nothing kept of those that wait no more?
 */
import assert from "node:assert/strict";
import { MAX_WAITING_EVENTS, MAX_WAITING_REQUESTS } from "../lib/limits.ts";
import type { EntryVerdicts } from "../lib/protocol.ts";
import { Waiters } from "../lib/waiters.ts";

const FOREVER = { seconds: 60, signal: new AbortController().signal };

/** Verdicts of an entry: three stored, then two duplicates. */
const verdicts = (entry: number): EntryVerdicts => ({
  entry,
  verdicts: ["stored", "stored", "stored", "duplicate", "duplicate"],
  firstReceivedAt: [5, 5, 5, 1, null],
});

Deno.test("wait() gives each request its own part of an entry", async () => {
  const waiters = new Waiters();
  const one = waiters.wait({ entry: 7, first: 0 }, 2, FOREVER);
  const two = waiters.wait({ entry: 7, first: 2 }, 3, FOREVER);
  const other = waiters.wait({ entry: 8, first: 0 }, 5, FOREVER);
  waiters.settle([7], [verdicts(7)]);
  assert.deepEqual(await one, { verdicts: ["stored", "stored"], firstReceivedAt: [5, 5] });
  assert.deepEqual(await two, {
    verdicts: ["stored", "duplicate", "duplicate"],
    firstReceivedAt: [5, 1, null],
  });
  assert.equal(waiters.requests, 1);
  waiters.settle([8], [verdicts(8)]);
  assert.equal((await other)!.verdicts.length, 5);
  assert.equal(waiters.requests, 0);
});

Deno.test("wait() gives nothing where an entry was applied and nobody knows the verdicts", async () => {
  const waiters = new Waiters();
  const waiting = waiters.wait({ entry: 7, first: 0 }, 1, FOREVER);
  waiters.settle([6, 7], [verdicts(6)]);
  assert.equal(await waiting, undefined);
});

Deno.test("wait() ends when its time is up, and a later verdict finds nobody", async () => {
  const waiters = new Waiters();
  assert.equal(
    await waiters.wait({ entry: 7, first: 0 }, 1, { ...FOREVER, seconds: 0.01 }),
    undefined,
  );
  assert.equal(waiters.requests, 0);
  waiters.settle([7], [verdicts(7)]);
});

Deno.test("wait() ends when its publisher goes, or has gone already", async () => {
  const waiters = new Waiters();
  const publisher = new AbortController();
  const wait = { seconds: 60, signal: publisher.signal };
  const waiting = waiters.wait({ entry: 7, first: 0 }, 1, wait);
  assert.equal(waiters.requests, 1);
  publisher.abort();
  assert.equal(await waiting, undefined);
  assert.equal(waiters.requests, 0);
  assert.equal(await waiters.wait({ entry: 8, first: 0 }, 1, wait), undefined);
});

Deno.test("close() ends all waits, and those that come later", async () => {
  const waiters = new Waiters();
  const waiting = [7, 8].map((entry) => waiters.wait({ entry, first: 0 }, 1, FOREVER));
  waiters.close();
  assert.deepEqual(await Promise.all(waiting), [undefined, undefined]);
  assert.equal(await waiters.wait({ entry: 9, first: 0 }, 1, FOREVER), undefined);
});

Deno.test("no more requests wait than may, and no more events", async () => {
  const waiters = new Waiters();
  const all = Array.from(
    { length: MAX_WAITING_REQUESTS },
    (_, first) => waiters.wait({ entry: 7, first }, 1, FOREVER),
  );
  assert.equal(await waiters.wait({ entry: 7, first: 0 }, 1, FOREVER), undefined);
  waiters.settle([7], []);
  await Promise.all(all);

  const most = waiters.wait({ entry: 8, first: 0 }, MAX_WAITING_EVENTS, FOREVER);
  assert.equal(await waiters.wait({ entry: 8, first: 0 }, 1, FOREVER), undefined);
  waiters.settle([8], []);
  await most;
  const again = waiters.wait({ entry: 9, first: 0 }, 1, FOREVER);
  assert.equal(waiters.requests, 1);
  waiters.close();
  await again;
});
