/**
 * Does a service forget what it was told to, say so everywhere, and let those who follow go on?
 */
import assert from "node:assert/strict";
import type { TopicNumbers } from "../../lib/snapshot.ts";
import { events } from "../helpers/events.ts";
import { readMetrics, valueOf } from "../helpers/prometheus.ts";
import { failToStart, temporaryDirectory, until } from "../helpers/service.ts";
import { useService } from "../helpers/service_tests.ts";
import { openStream } from "../helpers/stream.ts";

const test = useService();

test(
  "events are deleted at the end of their retention, counted, and their keys are new again",
  async (service) => {
    const short = events(5, { topic: "app.debug.x" });
    await service.publish([...short, ...events(3, { topic: "app.log" })]);
    await service.settled();
    await until(() => service.get("/stats"), ({ expired }) => expired === 5);

    const stats = await service.get("/stats");
    assert.deepEqual(
      [stats.received, stats.unique_processed, stats.duplicate_dropped, stats.stored],
      [8, 8, 0, 3],
    );
    assert.equal(stats.consistent, true);
    assert.equal((await service.get("/events")).length, 3);

    const topics: TopicNumbers[] = await service.get("/topics");
    assert.deepEqual(
      topics.map((
        { topic, stored, expired, retention_s },
      ) => [topic, stored, expired, retention_s]),
      [["app.debug.x", 0, 5, 1], ["app.log", 3, 0, 86_400]],
    );
    const [debug, log] = topics;
    assert.equal(debug!.deduplicates_since, debug!.last_seen);
    assert.equal(log!.deduplicates_since, null);

    const series = readMetrics(await (await fetch(`${service.url}/metrics`)).text());
    assert.equal(valueOf(series, "sekali_expired_total"), 5);
    assert.equal(valueOf(series, "sekali_topic_expired_total", 'topic="app.debug.x"'), 5);
    assert.equal(valueOf(series, "sekali_stored_total"), 8);

    const page = await (await fetch(`${service.url}/dashboard/topics/app.debug.x`)).text();
    assert.match(page.replaceAll(/<[^>]+>/g, ""), /kept for 1 s: 0 stored now, 5 expired/);

    await service.publish(short);
    const { unique_processed, duplicate_dropped } = await service.settled();
    assert.deepEqual([unique_processed, duplicate_dropped], [13, 0]);
  },
  { RETENTION: "app.debug.>=1s,*=1d" },
);

test("a stream goes on from a position whose event is deleted", async (service) => {
  await service.publish(events(5, { topic: "short" }));
  await service.settled();
  await until(() => service.get("/stats"), ({ expired }) => expired === 5);
  await using stream = await openStream(service.url, "types=event", { "last-event-id": "3" });
  await service.publish(events(2, { topic: "long" }));
  assert.deepEqual((await stream.events(2)).map(({ seq }) => seq), [6, 7]);
}, { RETENTION: "short=1s" });

Deno.test("a service whose retention is not usable does not start, and says why in one line", async () => {
  await using data = await temporaryDirectory();
  const { code, stderr } = await failToStart({
    DATA_DIR: data.path,
    RETENTION: "*=30d,audit.>=forever",
  });
  assert.equal(code, 2);
  assert.equal(
    stderr,
    'Cannot start: RETENTION is "*=30d,audit.>=forever", it must be in an order in which each rule ' +
      'applies: "audit.>" never does after "*"\n',
  );
});
