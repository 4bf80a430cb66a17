/**
 * Do the numbers over time, and those about this process, agree with what was published?
 */
import assert from "node:assert/strict";
import type { Stats, TopicNumbers } from "../../lib/snapshot.ts";
import type { Column, Timeseries, TimeseriesByTopic } from "../../lib/timeseries.ts";
import { events } from "../helpers/events.ts";
import { until } from "../helpers/service.ts";
import { useService } from "../helpers/service_tests.ts";

const test = useService();

const sum = (column: Column) => column.reduce<number>((all, value) => all + (value ?? 0), 0);

test("/stats/timeseries sums up to what was published, in total and by topic", async (service) => {
  const a = events(300, { topic: "a" });
  await service.publish([...a, ...events(50, { topic: "b" })]);
  await service.publish(a.slice(0, 120));
  await service.settled();
  const series: Timeseries = await until(
    () => service.get("/stats/timeseries?window=1m"),
    ({ stored, duplicates }) => sum(stored) + sum(duplicates) === 470,
  );
  assert.deepEqual([sum(series.stored), sum(series.duplicates)], [350, 120]);
  assert.deepEqual([sum(series.accepted), sum(series.dead_letters)], [470, 0]);
  assert.ok(series.commit_ms.p99.some((ms) => ms !== null && ms > 0));

  const by: TimeseriesByTopic = await service.get("/stats/timeseries?by=topic");
  assert.deepEqual(
    by.topics.map(({ topic, stored, duplicates }) => [topic, sum(stored), sum(duplicates)]),
    [["a", 300, 120], ["b", 50, 0]],
  );
  assert.deepEqual([sum(by.other.stored), sum(by.other.duplicates)], [0, 0]);
  const one = await service.get("/stats/timeseries?window=1m&topic=b");
  assert.deepEqual([one.topic, sum(one.stored)], ["b", 50]);
});

test("/stats/timeseries is never cached, and refuses what it does not know", async (service) => {
  const response = await fetch(`${service.url}/stats/timeseries`);
  assert.equal(response.headers.get("cache-control"), "no-store");
  assert.equal((await response.json()).window, "1m");
  for (const query of ["window=2m", "window=toString", "by=source", "by=topic&topic=a", "w=1m"]) {
    const refused = await fetch(`${service.url}/stats/timeseries?${query}`);
    assert.equal(refused.status, 400, query);
    assert.equal(refused.headers.get("content-type"), "application/problem+json");
    await refused.body?.cancel();
  }
});

test("/stats tells limits, latencies and what each consumer did", async (service) => {
  const before: Stats = await service.get("/stats");
  assert.deepEqual([before.commit_latency, before.accept_latency], [null, null]);
  await service.publish(events(10));
  const stats = await service.settled();
  assert.deepEqual(stats.limits, { queue_max_events: 5_000, journal_max_bytes: 1_000_000 });
  assert.deepEqual([stats.draining, stats.pending_bytes], [false, 0]);
  for (const latency of [stats.commit_latency, stats.accept_latency]) {
    assert.ok(latency !== null && latency.p50 > 0 && latency.p99 >= latency.p50);
  }
  assert.equal(stats.consumers.reduce((all, { committed }) => all + committed, 0), 10);
  for (const { redeliveries } of stats.consumers) assert.equal(redeliveries, 0);
}, { QUEUE_MAX_EVENTS: "5000", JOURNAL_MAX_BYTES: "1000000" });

test("/topics and /stats tell how much comes a second", async (service) => {
  await service.publish(events(500, { topic: "a" }));
  const [topic] = await until<TopicNumbers[]>(
    () => service.get("/topics"),
    ([topic]) => topic !== undefined && topic.rate! > 0,
  );
  assert.equal(topic!.rate, 100);
  const { consumers }: Stats = await service.get("/stats");
  assert.ok(consumers.some(({ rate }) => rate > 0));
});
