import assert from "node:assert/strict";
import { RequestError } from "../../publisher/request.ts";
import { readCounters, settle, statsUrl } from "../../publisher/stats.ts";
import { fastPolicy, Stub } from "./stub.ts";

const counters = (pending: number) => ({
  received: 1,
  unique_processed: 1,
  duplicate_dropped: 0,
  dead_letters: 0,
  pending,
});

Deno.test("statsUrl() is beside the publish address", () => {
  assert.equal(statsUrl(new URL("http://a:1/publish")).href, "http://a:1/stats");
  assert.equal(statsUrl(new URL("https://a/logs/publish?x=1")).href, "https://a/logs/stats");
});

Deno.test("readCounters() reads the numbers and sends the token", async () => {
  await using stub = new Stub();
  const read = await readCounters(statsUrl(stub.url), "secret", fastPolicy().policy);
  assert.deepEqual(read, { ...stub.counters, pending: 0 });
  assert.deepEqual(stub.authorizations, ["Bearer secret"]);
});

Deno.test("readCounters() names the number that is missing", async () => {
  await using server = Deno.serve(
    { port: 0, hostname: "127.0.0.1", onListen() {} },
    () => Response.json({ ...counters(0), pending: "?" }),
  );
  const url = new URL(`http://127.0.0.1:${server.addr.port}/stats`);
  await assert.rejects(
    readCounters(url, undefined, fastPolicy().policy),
    (error) => error instanceof RequestError && /"pending"/.test(error.message),
  );
});

Deno.test("settle() looks until nothing is pending", async () => {
  const pending = [5, 7, 2, 0, 9];
  const last = await settle(() => Promise.resolve(counters(pending.shift()!)), 5_000);
  assert.equal(last.pending, 0);
  assert.deepEqual(pending, [9]);
});

Deno.test("settle() ends with what is pending after its limit without progress", async () => {
  assert.equal((await settle(() => Promise.resolve(counters(3)), 0)).pending, 3);
  let pending = 10;
  const last = await settle(() => Promise.resolve(counters(Math.max(5, pending--))), 40);
  assert.equal(last.pending, 5);
});
