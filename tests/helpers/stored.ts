/**
 * Whether PostgreSQL holds what was sent.
 */
import assert from "node:assert/strict";
import type { Event } from "../../lib/event.ts";
import { isConsistent } from "../../lib/snapshot.ts";
import type { Sql } from "../../lib/sql/connect.ts";
import { readStats } from "../../lib/sql/stats.ts";

/**
 * Asserts that each key that was sent is stored once, each repeat counted once, and nothing else.
 *
 * @param sent all deliveries of events, in any order
 * @param refused how many more were sent that PostgreSQL refuses
 */
export async function assertStoredOnce(sql: Sql, sent: readonly Event[], refused = 0) {
  const keys = new Set(sent.map(keyOf));
  const { totals, topics } = await readStats(sql);
  assert.deepEqual({ ...totals }, {
    received: sent.length + refused,
    unique_processed: keys.size,
    duplicate_dropped: sent.length - keys.size,
    dead_letters: refused,
  });
  assert.ok(isConsistent(totals, topics));
  const rows = await sql<Pick<Event, "event_id" | "topic">[]>`
    select event_id, topic from processed_events`;
  assert.deepEqual(new Set(rows.map(keyOf)), keys);
  assert.equal(rows.length, keys.size);
}

function keyOf({ event_id, topic }: Pick<Event, "event_id" | "topic">): string {
  return JSON.stringify([event_id, topic]);
}
