/**
 * The cases that the first version of this service, a university project, was tested with: over real
 * HTTP, on a real PostgreSQL.
 */
import assert from "node:assert/strict";
import { event, events } from "../helpers/events.ts";
import { startService, temporaryDirectory } from "../helpers/service.ts";
import { useEmptiedService } from "../helpers/service_tests.ts";

const test = useEmptiedService();

test("an event sent twice is stored once", async (service) => {
  const sent = event();
  assert.equal((await service.publish(sent)).status, 202);
  assert.equal((await service.publish(sent)).status, 202);
  const { received, unique_processed, duplicate_dropped } = await service.settled();
  assert.deepEqual([received, unique_processed, duplicate_dropped], [2, 1, 1]);
  assert.equal((await service.get("/events")).length, 1);
});

Deno.test("a restart forgets neither events nor keys", async () => {
  await using data = await temporaryDirectory();
  const sent = event();
  {
    await using service = await startService({ DATA_DIR: data.path });
    await service.publish(sent);
    await service.settled();
  }
  await using service = await startService({ DATA_DIR: data.path });
  await service.publish(sent);
  const stats = await service.settled();
  assert.deepEqual([stats.received, stats.unique_processed, stats.duplicate_dropped], [2, 1, 1]);
  const [stored] = await service.get("/events");
  assert.equal(stored.event_id, sent.event_id);
});

test("an event without a field is refused with 422 and nothing of its request stored", async (service) => {
  const { topic: _, ...incomplete } = event();
  const response = await service.publish([event(), incomplete]);
  assert.equal(response.status, 422);
  assert.equal(response.headers.get("content-type"), "application/problem+json");
  const { errors } = await response.json();
  assert.deepEqual(
    errors.map(({ index, path }: { index: number; path: string }) => [index, path]),
    [
      [1, "topic"],
    ],
  );
  assert.equal((await service.settled()).received, 0);
});

test("/stats counts received, unique and duplicate events and names the topics", async (service) => {
  const [one, two] = [event({ topic: "a" }), event({ topic: "b" })];
  await service.publish([one, two, one]);
  const stats = await service.settled();
  assert.deepEqual([stats.received, stats.unique_processed, stats.duplicate_dropped], [3, 2, 1]);
  assert.deepEqual(stats.topics, ["a", "b"]);
  assert.equal(stats.consistent, true);
});

test("/events?topic= gives the events of that topic only", async (service) => {
  await service.publish([...events(2, { topic: "a" }), ...events(3, { topic: "b" })]);
  await service.settled();
  const found = await service.get("/events?topic=b");
  assert.deepEqual(found.map(({ topic }: { topic: string }) => topic), ["b", "b", "b"]);
});

test("a hundred events are all stored", async (service) => {
  const response = await service.publish(events(100));
  assert.deepEqual(await response.json(), { status: "accepted", accepted: 100 });
  assert.equal((await service.settled()).unique_processed, 100);
});

test("of five equal events sent at once one is stored", async (service) => {
  const sent = event();
  await Promise.all(Array.from({ length: 5 }, () => service.publish(sent)));
  const stats = await service.settled();
  assert.deepEqual([stats.received, stats.unique_processed, stats.duplicate_dropped], [5, 1, 4]);
});

test("of ten different events sent at once all are stored", async (service) => {
  await Promise.all(events(10).map((sent) => service.publish(sent)));
  assert.equal((await service.settled()).unique_processed, 10);
});

test("one event_id on two topics is two events", async (service) => {
  await service.publish([
    event({ event_id: "x", topic: "a" }),
    event({ event_id: "x", topic: "b" }),
  ]);
  assert.equal((await service.settled()).unique_processed, 2);
});

test("a timestamp that is none is refused with 422", async (service) => {
  const response = await service.publish(event({ timestamp: "yesterday" }));
  assert.equal(response.status, 422);
  assert.equal((await response.json()).errors[0].path, "timestamp");
});

test("/events without a filter gives all events in full, the latest first", async (service) => {
  const sent = event({ payload: { content: "Hello", metadata: { n: 1 }, more: [1, "two"] } });
  await service.publish(sent);
  await service.settled();
  await service.publish(event());
  await service.settled();
  const [, first] = await service.get("/events");
  const { received_at, seq, timestamp, ...stored } = first;
  const { timestamp: sentAt, ...rest } = sent;
  assert.deepEqual(stored, rest);
  assert.equal(Date.parse(timestamp), Date.parse(sentAt));
  assert.ok(Math.abs(Date.parse(received_at) - Date.now()) < 60_000);
  assert.ok(seq >= 1);
});

test("/stats tells the uptime in whole seconds", async (service) => {
  const { uptime } = await service.get("/stats");
  assert.ok(Number.isInteger(uptime) && uptime >= 0);
});
