/**
 * How many streams the hub opens, and how it ends them.
 */
import assert from "node:assert/strict";
import { Feed } from "../lib/feed.ts";
import { MAX_STREAMS, STREAM_BUFFER_BYTES } from "../lib/limits.ts";
import { LiveHub } from "../lib/live.ts";
import type { DashboardSnapshot } from "../lib/snapshot.ts";
import { Stream } from "../lib/stream.ts";
import { assertRefused } from "./helpers/requests.ts";

/** A hub of which nobody asks for numbers or events: no database is needed. */
function newHub(): LiveHub {
  const none = () => Promise.reject<DashboardSnapshot>(new Error("Nobody asked"));
  return new LiveHub(none, new Feed("postgres://127.0.0.1:1/none"));
}

const QUIET = { stats: false, events: undefined };

Deno.test("LiveHub opens so many streams, then one for each that ends", async () => {
  const hub = newHub();
  const streams = [];
  for (let n = 0; n < MAX_STREAMS; n++) streams.push(await hub.open(QUIET));
  await assertRefused(503, () => hub.open(QUIET));
  await streams[0]!.cancel();
  await hub.open(QUIET);
  assert.equal(hub.streams, MAX_STREAMS);
  hub.close();
  assert.equal(hub.streams, 0);
  await assertRefused(503, () => hub.open(QUIET));
  const { done } = await streams[1]!.getReader().read();
  assert.ok(done);
});

Deno.test("Stream keeps the latest numbers for a client that has no room for them", async () => {
  const stream = new Stream(() => {});
  stream.send("x".repeat(STREAM_BUFFER_BYTES));
  for (const text of ["old", "new"]) stream.sendNumbers(new TextEncoder().encode(text));
  stream.beat("beat");
  const reader = stream.body.getReader();
  assert.equal((await reader.read()).value!.length, STREAM_BUFFER_BYTES);
  assert.equal(new TextDecoder().decode((await reader.read()).value), "new");
  await stream.room();
  await reader.cancel();
  await stream.room();
  assert.ok(stream.closed);
});
