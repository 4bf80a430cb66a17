/**
 * Invariant 1: an event answered 202 is on disk before the answer leaves. No `kill -9` of the service, of
 * PostgreSQL or of both loses it.
 */
import assert from "node:assert/strict";
import { usePostgres } from "../helpers/database.ts";
import { events } from "../helpers/events.ts";
import { startService, temporaryDirectory, until } from "../helpers/service.ts";
import { useService } from "../helpers/service_tests.ts";

const postgres = usePostgres();
const test = useService(postgres);

test("of 5,000 single-event requests at once none is lost", async (service, database) => {
  const sent = events(5_000);
  const waiting = sent.values();
  // The channel would hold 256 messages; 500 connections keep it full all the time.
  await Promise.all(Array.from({ length: 500 }, async () => {
    for (const one of waiting) {
      const response = await service.publish(one);
      assert.equal(response.status, 202);
      await response.body?.cancel();
    }
  }));
  const stats = await service.settled();
  assert.equal(stats.received, 5_000);
  assert.equal(stats.unique_processed, 5_000);
  const stored = await database.sql<{ event_id: string }[]>`select event_id from processed_events`;
  assert.deepEqual(
    new Set(stored.map(({ event_id }) => event_id)),
    new Set(sent.map(({ event_id }) => event_id)),
  );
});

Deno.test("three kill -9 under load lose nothing that was answered 202, and count it once", async () => {
  await using data = await temporaryDirectory();
  await using database = await postgres.database({ migrated: false });
  const env = { DATA_DIR: data.path, DATABASE_URL: database.url };
  const accepted = new Set<string>();
  let acceptedEvents = 0, unansweredEvents = 0;
  for (let round = 0; round < 3; round++) {
    await using service = await startService(env);
    let killed = false;
    const publishers = Array.from({ length: 8 }, async () => {
      while (!killed) {
        const batch = [...events(50)];
        batch.push(batch[0]!);
        try {
          const response = await service.publish(batch);
          assert.equal(response.status, 202);
          await response.body?.cancel();
          for (const { event_id } of batch) accepted.add(event_id);
          acceptedEvents += batch.length;
        } catch {
          unansweredEvents += batch.length;
        }
      }
    });
    const enough = acceptedEvents + 2_000;
    while (acceptedEvents < enough) await new Promise((resolve) => setTimeout(resolve, 1));
    await service.kill();
    killed = true;
    await Promise.all(publishers);
  }
  await using service = await startService(env);
  const stats = await service.settled();
  assert.ok(
    stats.received >= acceptedEvents && stats.received <= acceptedEvents + unansweredEvents,
    `${acceptedEvents} accepted, ${unansweredEvents} unanswered, ${stats.received} received`,
  );
  assert.equal(stats.received, stats.unique_processed + stats.duplicate_dropped);
  assert.equal(stats.consistent, true);
  const stored = new Set(
    (await database.sql<{ event_id: string }[]>`select event_id from processed_events`)
      .map(({ event_id }) => event_id),
  );
  assert.equal(stored.size, stats.unique_processed);
  assert.deepEqual([...accepted].filter((id) => !stored.has(id)), []);
});

Deno.test("kill -9 of the embedded PostgreSQL under load loses nothing, publishing goes on", async () => {
  await using data = await temporaryDirectory();
  await using service = await startService({ DATA_DIR: data.path });
  let sent = 0;
  const publish = async (batches: number) => {
    for (let batch = 0; batch < batches; batch++) {
      const response = await service.publish(events(100));
      assert.equal(response.status, 202);
      await response.body?.cancel();
      sent += 100;
    }
  };
  await publish(20);
  const pidFile = `${data.path}/postgres/data/postmaster.pid`;
  const [pid] = (await Deno.readTextFile(pidFile)).split("\n");
  Deno.kill(Number(pid), "SIGKILL");
  await publish(20);
  // While the database is away /stats cannot answer.
  await until(() => fetch(`${service.url}/readyz`), async (response) => {
    await response.body?.cancel();
    return response.ok;
  });
  const stats = await service.settled();
  assert.deepEqual([stats.received, stats.unique_processed], [sent, sent]);
  assert.equal(stats.consistent, true);
});
