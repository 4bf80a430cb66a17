/**
 * What publishers see when the disk of the journal is full.
 */
import assert from "node:assert/strict";
import { RESERVE_BYTES, SEGMENT_BYTES } from "../../lib/journal/limits.ts";
import { usePostgres } from "../helpers/database.ts";
import { takeRoom, testOnDisk } from "../helpers/disk.ts";
import { events } from "../helpers/events.ts";
import { holdConsumers } from "../helpers/hold.ts";
import { startService } from "../helpers/service.ts";

const MIB = 1024 * 1024;

const postgres = usePostgres();

testOnDisk(
  import.meta.url,
  "while the disk is full publishers get 507 with Retry-After, then 202 again; nothing accepted is lost",
  (RESERVE_BYTES + 3 * SEGMENT_BYTES) / MIB,
  async (directory) => {
    await using database = await postgres.database({ migrated: false });
    await using service = await startService({ DATABASE_URL: database.url, DATA_DIR: directory });
    const accepted: string[] = [];
    const publish = async () => {
      const sent = events(10, { payload: { content: "x".repeat(100_000) } });
      const response = await service.publish(sent);
      if (response.status === 202) accepted.push(...sent.map(({ event_id }) => event_id));
      return { response, answer: await response.json() };
    };
    assert.equal((await publish()).response.status, 202);
    const filler = await takeRoom(directory, 0);
    const letGo = await holdConsumers(database.sql);
    // What the journal has on the disk already it fills.
    while ((await publish()).response.status === 202);
    assert.ok(accepted.length * 100_000 > SEGMENT_BYTES, `${accepted.length} events`);
    for (let tries = 0; tries < 20; tries++) {
      const { response, answer } = await publish();
      assert.equal(response.status, 507);
      assert.equal(response.headers.get("content-type"), "application/problem+json");
      assert.ok(Number(response.headers.get("retry-after")) >= 1);
      assert.deepEqual([answer.status, answer.title], [507, "Journal full"]);
    }
    await Deno.remove(filler);
    assert.equal((await publish()).response.status, 202);
    await letGo();
    const stats = await service.settled();
    const { length } = accepted;
    assert.deepEqual([stats.received, stats.unique_processed, stats.pending], [length, length, 0]);
    const rows = await database.sql<{ event_id: string }[]>`select event_id from processed_events`;
    assert.deepEqual(new Set(rows.map(({ event_id }) => event_id)), new Set(accepted));
    assert.equal(await service.stop(), 0);
  },
);

testOnDisk(
  import.meta.url,
  "a full disk holds up nothing as long as what comes is delivered",
  (RESERVE_BYTES + 3 * SEGMENT_BYTES) / MIB,
  async (directory) => {
    await using database = await postgres.database({ migrated: false });
    await using service = await startService({ DATABASE_URL: database.url, DATA_DIR: directory });
    await takeRoom(directory, 0);
    for (let bytes = 0; bytes < 4 * SEGMENT_BYTES; bytes += 1_000_000) {
      const response = await service.publish(
        events(10, { payload: { content: "x".repeat(100_000) } }),
      );
      assert.equal(response.status, 202);
      await response.body?.cancel();
      await service.settled();
    }
    assert.equal(await service.stop(), 0);
  },
);
