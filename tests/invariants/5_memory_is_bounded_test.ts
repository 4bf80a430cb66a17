/**
 * Invariant 5: a slow or absent database fills the journal on disk, never the heap; beyond the bound
 * publishers get 503 with `Retry-After`, never a silent drop.
 */
import assert from "node:assert/strict";
import { event, events } from "../helpers/events.ts";
import { until } from "../helpers/service.ts";
import { useService } from "../helpers/service_tests.ts";
import { holdConsumers } from "../helpers/hold.ts";

const test = useService();

test(
  "beyond QUEUE_MAX_EVENTS publishers get 503 with Retry-After, and nothing is lost",
  async (service, database) => {
    const release = await holdConsumers(database.sql);
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

    await release();
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

test(
  "beyond JOURNAL_MAX_BYTES publishers get 503 with Retry-After, and nothing is lost",
  async (service, database) => {
    const release = await holdConsumers(database.sql);
    const large = event({ payload: { content: "x".repeat(60_000) } });
    const publish = async () => {
      const response = await service.publish({ ...large, event_id: crypto.randomUUID() });
      await response.body?.cancel();
      return response;
    };
    assert.equal((await publish()).status, 202);
    const refused = await publish();
    assert.equal(refused.status, 503);
    assert.ok(Number(refused.headers.get("retry-after")) >= 1);
    await release();
    assert.equal((await service.settled()).unique_processed, 1);
    assert.equal((await publish()).status, 202);
    assert.equal((await service.settled()).unique_processed, 2);
  },
  { JOURNAL_MAX_BYTES: "100000" },
);

test(
  "a million events that the database does not take leave the process below 400 MB",
  async (service, database) => {
    const release = await holdConsumers(database.sql);
    const body = JSON.stringify(events(1_000, { payload: { content: "x".repeat(100) } }));
    let accepted = 0;
    await Promise.all(Array.from({ length: 8 }, async () => {
      for (let batch = 0; batch < 125; batch++) {
        const response = await fetch(`${service.url}/publish`, {
          method: "POST",
          headers: { "content-type": "application/json" },
          body,
        });
        if (response.status === 202) accepted += 1_000;
        await response.body?.cancel();
      }
    }));
    assert.equal(accepted, 1_000_000);
    const status = await Deno.readTextFile(`/proc/${service.pid}/status`);
    const [, residentKiB] = /^VmRSS:\s+(\d+) kB$/m.exec(status)!;
    assert.ok(Number(residentKiB) * 1024 < 400e6, `${residentKiB} KiB`);
    // What is left is the next start's.
    await service.kill();
    await release();
  },
);
