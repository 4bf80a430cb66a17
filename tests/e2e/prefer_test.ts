/**
 * Does a publisher that prefers to wait get the verdict of each of its events, once they are committed,
 * and never one that is not so?
 */
import assert from "node:assert/strict";
import type { Event } from "../../lib/event.ts";
import { CONSUMER_START_MS } from "../../lib/limits.ts";
import { usePostgres } from "../helpers/database.ts";
import { event, events } from "../helpers/events.ts";
import { holdConsumers } from "../helpers/hold.ts";
import { newRandom } from "../helpers/random.ts";
import { type Service, startService, temporaryDirectory, until } from "../helpers/service.ts";
import { useEmptiedService, useService } from "../helpers/service_tests.ts";

const postgres = usePostgres();
const test = useEmptiedService(postgres);
const testAlone = useService(postgres);

/** An event that passes validation and that PostgreSQL refuses. */
const POISON = { ...event(), payload: { content: "x", number: "1e-20000" } };

/** Publishes with preferences. */
async function publish({ url }: Service, body: unknown, prefer: string, query = "") {
  const response = await fetch(`${url}/publish${query}`, {
    method: "POST",
    headers: { "content-type": "application/json", prefer },
    body: JSON.stringify(body).replaceAll('"1e-20000"', "1e-20000"),
  });
  const { status, headers } = response;
  return {
    status,
    applied: headers.get("preference-applied"),
    answer: await response.json(),
    headers,
  };
}

/** The same for a batch: the verdicts of its events, in order. */
async function verdicts(service: Service, sent: readonly unknown[]): Promise<string[]> {
  const { status, answer } = await publish(service, sent, "wait=30");
  assert.equal(status, 200);
  return answer.verdicts.map(({ verdict }: { verdict: string }) => verdict);
}

test("one event that is waited for is stored, then a duplicate of what was received first", async (service) => {
  const one = event();
  const first = await publish(service, one, "wait=30");
  assert.deepEqual([first.status, first.applied, first.headers.get("vary")], [
    200,
    "wait=30",
    "Prefer",
  ]);
  const { first_received_at, ...stored } = first.answer;
  assert.deepEqual(stored, { status: "stored", event_id: one.event_id, topic: one.topic });
  assert.ok(Math.abs(Date.parse(first_received_at) - Date.now()) < 60_000);
  const again = await publish(service, one, "wait=30, respond-async");
  assert.deepEqual([again.status, again.applied], [200, "wait=30"]);
  assert.deepEqual(again.answer, { ...first.answer, status: "duplicate" });
  const [row] = await service.get("/events");
  assert.equal(Date.parse(row.received_at), Date.parse(first_received_at));
});

test("a batch that is waited for has a verdict for each event, in the order sent", async (service) => {
  const [a, b, known] = events(3) as [Event, Event, Event];
  await publish(service, known, "wait=30");
  const { status, answer } = await publish(service, [a, known, a, b, POISON, a], "wait=30");
  assert.equal(status, 200);
  const { verdicts, ...counts } = answer;
  assert.deepEqual(counts, {
    status: "committed",
    accepted: 6,
    stored: 2,
    duplicates: 3,
    dead_letters: 1,
  });
  assert.deepEqual(
    verdicts.map((one: { event_id: string; verdict: string }) => [one.event_id, one.verdict]),
    [
      [a.event_id, "stored"],
      [known.event_id, "duplicate"],
      [a.event_id, "duplicate"],
      [b.event_id, "stored"],
      [POISON.event_id, "dead_letter"],
      [a.event_id, "duplicate"],
    ],
  );
  assert.equal(verdicts[2].first_received_at, verdicts[0].first_received_at);
});

test("a batch of nothing is committed at once", async (service) => {
  assert.deepEqual(await verdicts(service, []), []);
});

test("with ?partial=true verdicts name the place of their events", async (service) => {
  const [a, b] = events(2) as [Event, Event];
  const { status, answer } = await publish(service, [a, {}, b, a], "wait=30", "?partial=true");
  assert.equal(status, 200);
  assert.deepEqual([answer.accepted, answer.rejected, answer.stored, answer.duplicates], [
    3,
    1,
    2,
    1,
  ]);
  assert.equal(answer.errors[0].index, 1);
  assert.deepEqual(
    answer.verdicts.map((
      { index, verdict }: { index: number; verdict: string },
    ) => [index, verdict]),
    [[0, "stored"], [2, "stored"], [3, "duplicate"]],
  );
});

test("who does not wait is answered 202, and told so where it was preferred", async (service) => {
  const plain = await publish(service, event(), "");
  assert.deepEqual([plain.status, plain.applied, plain.headers.get("vary")], [202, null, null]);
  const many = await publish(service, events(2), "respond-async");
  assert.deepEqual([many.status, many.applied], [202, "respond-async"]);
  assert.deepEqual(many.answer, { status: "accepted", accepted: 2 });
});

test(
  "who waits for a database that takes nothing gets 202 in time, or the verdict once it does",
  async (service, { sql }) => {
    // Stored before: of two deliveries that wait, either may be first.
    const known = event();
    assert.equal((await publish(service, known, "wait=30")).answer.status, "stored");
    const release = await holdConsumers(sql);
    const one = event();
    const start = performance.now();
    const early = await publish(service, one, "wait=1, respond-async");
    assert.deepEqual([early.status, early.applied], [202, "respond-async, wait=1"]);
    assert.deepEqual(early.answer, { status: "accepted", event_id: one.event_id });
    assert.ok(performance.now() - start >= 990);
    const late = publish(service, known, "wait=30");
    await until(() => service.get("/stats"), ({ pending }) => pending === 2);
    await release();
    const { status, answer } = await late;
    assert.deepEqual([status, answer.status], [200, "duplicate"]);
  },
);

test("of keys that many publishers race, one is told that each was stored: the one whose event it is", async (service) => {
  const random = newRandom();
  const keys = events(150);
  const told = await Promise.all(Array.from({ length: 12 }, async (_, publisher) => {
    const sent = random.shuffled(keys).map((one) => ({
      ...one,
      payload: { content: `publisher ${publisher}` },
    }));
    const each = await verdicts(service, sent);
    return sent.filter((_, at) => each[at] === "stored")
      .map(({ event_id, payload }) => [event_id, payload.content]);
  }));
  const stored: Event[] = await service.get("/events?limit=1000");
  assert.deepEqual(
    told.flat().sort(),
    stored.map(({ event_id, payload }) => [event_id, payload.content]).sort(),
  );
  assert.equal(stored.length, keys.length);
});

testAlone(
  "a consumer that dies between COMMIT and ack leaves the verdict unknown: 202, and stored once",
  async (service) => {
    const one = event();
    const { status, answer } = await publish(service, one, "wait=60");
    assert.deepEqual([status, answer.status], [202, "accepted"]);
    const again = await publish(service, one, "wait=30");
    assert.deepEqual([again.status, again.answer.status], [200, "duplicate"]);
    const { received, unique_processed } = await service.settled();
    assert.deepEqual([received, unique_processed], [2, 1]);
  },
  { FAULT: "committed:1:thread", CONSUMERS: "1" },
);

testAlone(
  "the only consumer, where it dies before it applied an event, is replaced at once and costs no verdict",
  async (service) => {
    const start = performance.now();
    const { status, answer } = await publish(service, event(), "wait=60");
    assert.deepEqual([status, answer.status], [200, "stored"]);
    assert.ok(performance.now() - start < CONSUMER_START_MS / 2);
  },
  { FAULT: "delivered:1:thread", CONSUMERS: "1" },
);

Deno.test("a stop answers those who wait: with the verdict if it is known in time, else 202", async () => {
  await using data = await temporaryDirectory();
  await using database = await postgres.database({ migrated: false });
  const service = await startService({ DATA_DIR: data.path, DATABASE_URL: database.url });
  const release = await holdConsumers(database.sql);
  const waiting = publish(service, event(), "wait=60");
  await until(() => service.get("/stats"), ({ pending }) => pending === 1);
  const stopped = service.stop();
  assert.equal((await waiting).status, 202);
  assert.equal(await stopped, 0);
  await release();
});

test("publishers that go while they wait leave nothing behind", async (service, { sql }) => {
  const release = await holdConsumers(sql);
  const gone = new AbortController();
  const waiting = fetch(`${service.url}/publish`, {
    method: "POST",
    headers: { "content-type": "application/json", prefer: "wait=60" },
    body: JSON.stringify(event()),
    signal: gone.signal,
  });
  await until(() => service.get("/stats"), ({ pending }) => pending === 1);
  gone.abort();
  await assert.rejects(waiting);
  await release();
  const { unique_processed } = await service.settled();
  assert.equal(unique_processed, 1);
});
