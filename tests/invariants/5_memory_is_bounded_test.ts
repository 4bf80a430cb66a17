/**
 * What happens when events come faster than the database takes them.
 */
import assert from "node:assert/strict";
import { events } from "../helpers/events.ts";
import { until } from "../helpers/service.ts";
import { useService } from "../helpers/service_tests.ts";

const test = useService();

test(
  "beyond QUEUE_MAX_EVENTS publishers get 503 with Retry-After, and nothing is lost",
  async (service, database) => {
    const free = Promise.withResolvers<void>();
    // While the table is locked no delivery can be committed.
    const locked = Promise.withResolvers<void>();
    const lock = database.sql.begin(async (tx) => {
      await tx`lock table aggregator_stats in access exclusive mode`;
      locked.resolve();
      await free.promise;
    });
    await locked.promise;

    let accepted = 0;
    const publish = async (count: number) => {
      const response = await service.publish(events(count));
      const answer = await response.json();
      if (response.status === 202) accepted += count;
      return { response, answer };
    };
    for (let batch = 0; batch < 10; batch++) await publish(100);
    assert.equal(accepted, 1_000);
    const { response, answer } = await publish(1);
    assert.equal(response.status, 503);
    assert.equal(answer.title, "Queue full");
    assert.ok(Number(response.headers.get("retry-after")) >= 1);

    free.resolve();
    await lock;
    const stats = await until(() => service.settled(), ({ received }) => received === accepted);
    assert.deepEqual([stats.received, stats.unique_processed], [accepted, accepted]);
    assert.equal((await publish(1)).response.status, 202);
  },
  { QUEUE_MAX_EVENTS: "1000" },
);

test("a batch that could never fit into the queue is refused with 413", async (service) => {
  const response = await service.publish(events(11));
  assert.equal(response.status, 413);
  await response.body?.cancel();
}, { QUEUE_MAX_EVENTS: "10" });
