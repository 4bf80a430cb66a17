/**
 * What becomes of the service, and of the events on their way, when its HTTP thread dies.
 */
import assert from "node:assert/strict";
import { usePostgres } from "../helpers/database.ts";
import { event } from "../helpers/events.ts";
import { startService, temporaryDirectory } from "../helpers/service.ts";
import { within } from "../helpers/within.ts";

const postgres = usePostgres();

Deno.test("an uncaught error between sync and answer ends the service; what was on disk is delivered by the next", async () => {
  await using database = await postgres.database({ migrated: false });
  await using data = await temporaryDirectory();
  const env = { DATABASE_URL: database.url, DATA_DIR: data.path };
  const sent = Array.from({ length: 5 }, () => event());
  const faulty = await startService({ ...env, FAULT: "journaled:5:thread" });
  try {
    for (const one of sent.slice(0, 4)) {
      const response = await faulty.publish(one);
      assert.equal(response.status, 202);
      await response.body?.cancel();
    }
    // Synced, but nobody is left to say so.
    await assert.rejects(faulty.publish(sent[4]));
    assert.equal(await within(10_000, "The end of the service", faulty.ended), 1);
  } finally {
    await faulty.kill();
  }
  await using service = await startService(env);
  const stats = await service.settled();
  assert.deepEqual([stats.received, stats.unique_processed], [5, 5]);
  const rows = await database.sql<{ event_id: string }[]>`select event_id from processed_events`;
  assert.deepEqual(
    new Set(rows.map(({ event_id }) => event_id)),
    new Set(sent.map(({ event_id }) => event_id)),
  );
});
