/**
 * Invariant 2: a key `(event_id, topic)` is stored at most once, whatever is repeated, raced or delivered
 * again.
 */
import assert from "node:assert/strict";
import { events } from "../helpers/events.ts";
import { newRandom } from "../helpers/random.ts";
import { until } from "../helpers/service.ts";
import { useService } from "../helpers/service_tests.ts";

const test = useService();

const PUBLISHERS = 8;
const KEYS = 400;
const REPEATS = 10;

test(
  "of keys that eight publishers race, while connections are cut, each is stored once, as one of what was sent",
  async (service, { sql }) => {
    const random = newRandom();
    const sent = events(KEYS);
    const publishing = Promise.all(Array.from({ length: PUBLISHERS }, async (_, publisher) => {
      for (let repeat = 0; repeat < REPEATS; repeat++) {
        const batch = random.shuffled(sent).map((one) => ({
          ...one,
          payload: { content: `${one.event_id} of publisher ${publisher}` },
        }));
        const response = await service.publish(batch);
        assert.equal(response.status, 202);
        await response.body?.cancel();
      }
    }));
    // Whoever is in the midst of a transaction has to begin again.
    for (let cut = 0; cut < 5; cut++) {
      await until(
        () =>
          sql`
            select pg_terminate_backend(pid) from pg_stat_activity
            where application_name like 'sekali consumer %' and state = 'active'`,
        (backends) => backends.length > 0,
      );
    }
    await publishing;
    const stats = await service.settled();
    const received = PUBLISHERS * REPEATS * KEYS;
    assert.deepEqual(
      [stats.received, stats.unique_processed, stats.duplicate_dropped],
      [received, KEYS, received - KEYS],
    );
    const rows = await sql<{ event_id: string; content: string }[]>`
      select event_id, payload ->> 'content' as content from processed_events`;
    assert.deepEqual(
      rows.map(({ event_id }) => event_id).sort(),
      sent.map(({ event_id }) => event_id).sort(),
    );
    for (const { event_id, content } of rows) assert.ok(content.startsWith(`${event_id} of`));
  },
);
