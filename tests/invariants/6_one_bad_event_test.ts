/**
 * Invariant 6: one bad event never blocks or loses its neighbours.
 */
import assert from "node:assert/strict";
import { eventJson } from "../helpers/entries.ts";
import { events } from "../helpers/events.ts";
import { useService } from "../helpers/service_tests.ts";

const test = useService();

test(
  "events that PostgreSQL refuses become dead letters; what came with, before and after them is stored",
  async (service, database) => {
    const poison = ["first", "second", "third"].map((event_id) =>
      eventJson('{"content":"","number":1e-20000}', { event_id })
    );
    const good = () => events(100).map((one) => JSON.stringify(one));
    const publish = async (all: readonly string[]) => {
      const response = await fetch(`${service.url}/publish`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: `[${all.join(",")}]`,
      });
      assert.equal(response.status, 202);
      await response.body?.cancel();
    };
    await Promise.all([
      publish(good()),
      publish([poison[0]!, ...good(), poison[1]!]),
      publish([poison[2]!]),
      publish(good()),
    ]);
    const stats = await service.settled();
    assert.deepEqual([stats.received, stats.unique_processed, stats.dead_letters], [303, 300, 3]);
    assert.equal(stats.consistent, true);
    const letters = await database.sql<{ event_id: string; event: string }[]>`
      select event_id, event from dead_letters order by event_id`;
    assert.deepEqual(letters.map(({ event }) => event), poison);
    await publish(good());
    assert.equal((await service.settled()).unique_processed, 400);
  },
);
