/**
 * Invariant 4: counters never pass through application memory, so that no update is lost.
 */
import assert from "node:assert/strict";
import { apply } from "../../lib/sql/apply.ts";
import { connect } from "../../lib/sql/connect.ts";
import { readStats } from "../../lib/sql/stats.ts";
import { usePostgres } from "../helpers/database.ts";
import { entry } from "../helpers/entries.ts";
import { events } from "../helpers/events.ts";

const postgres = usePostgres();

const WRITERS = 6;
const DELIVERIES = 50;

Deno.test("consumers that add to the same counters at the same time all count", async () => {
  await using database = await postgres.database();
  await Promise.all(Array.from({ length: WRITERS }, async (_, writer) => {
    const sql = connect(database.url, 1, "sekali test writer");
    for (let n = 0; n < DELIVERIES; n++) {
      // One shard for all of them: the rows of counters that they change are the same.
      const journal = `00000000-0000-4000-8000-00000000000${writer}`;
      const [one, two] = events(2, { topic: "shared" });
      await apply(sql, journal, 1, [entry(n + 1, [one!, two!, one!])]);
    }
    await sql.end();
  }));
  const { totals, topics } = await readStats(database.sql);
  const deliveries = WRITERS * DELIVERIES;
  assert.deepEqual({ ...totals }, {
    received: 3 * deliveries,
    unique_processed: 2 * deliveries,
    duplicate_dropped: deliveries,
    dead_letters: 0,
  });
  assert.deepEqual(
    topics.map(({ topic, received, unique_processed }) => [topic, received, unique_processed]),
    [["shared", 3 * deliveries, 2 * deliveries]],
  );
});
