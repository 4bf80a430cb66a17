/**
 * Which topics have time series of their own, and is what Prometheus reads well-formed whatever the
 * topics are called?
 */
import assert from "node:assert/strict";
import { toText } from "../lib/metrics/metric.ts";
import { OTHER, TopicMetrics } from "../lib/metrics/topics.ts";
import type { TopicStats } from "../lib/snapshot.ts";
import { readMetrics, valueOf } from "./helpers/prometheus.ts";

const topic = (name: string, second: number, received = 1): TopicStats => ({
  topic: name,
  received,
  unique_processed: received,
  duplicate_dropped: 0,
  dead_letters: 0,
  expired: 0,
  deduplicates_since: null,
  first_seen: new Date(Date.UTC(2026, 10, 22, 9, 0, second)).toISOString(),
  last_seen: new Date(Date.UTC(2026, 10, 22, 9, 1)).toISOString(),
});

/** What was received, by topic, as Prometheus would see it. */
const received = (metrics: TopicMetrics, topics: readonly TopicStats[]) =>
  Object.fromEntries(
    metrics.of(topics)[0]!.samples.map(({ labels, value }) => [labels["topic"], value]),
  );

Deno.test("TopicMetrics gives the first topics series of their own and sums the others", () => {
  const topics = [topic("a", 9, 100), topic("b", 1), topic("c", 2), topic("d", 8, 10)];
  assert.deepEqual(received(new TopicMetrics(2), topics), { b: 1, c: 1, [OTHER]: 110 });
  assert.deepEqual(received(new TopicMetrics(4), topics), { a: 100, b: 1, c: 1, d: 10 });
});

Deno.test("TopicMetrics keeps a topic once it was chosen, also where older ones come to light", () => {
  const metrics = new TopicMetrics(2);
  assert.deepEqual(received(metrics, [topic("b", 5)]), { b: 1 });
  assert.deepEqual(received(metrics, [topic("b", 5), topic("c", 6)]), { b: 1, c: 1 });
  const more = [topic("a", 1, 7), topic("b", 5, 2), topic("c", 6)];
  assert.deepEqual(received(metrics, more), { b: 2, c: 1, [OTHER]: 7 });
});

Deno.test("TopicMetrics counts a topic that is named like the others among them", () => {
  const topics = [topic(OTHER, 1, 3), topic("a", 2), topic("b", 3, 4)];
  assert.deepEqual(received(new TopicMetrics(2), topics), { a: 1, b: 4, [OTHER]: 3 });
});

Deno.test("topics of any name make a well-formed text with one series each", async () => {
  const names = ['"', "\\", "\n", "\\n", 'a,b="c"', "{}", "# HELP", "😀", " ", "le", OTHER];
  const topics = names.map((name, at) => topic(name, at, at + 1));
  const series = readMetrics(await toText(new TopicMetrics(100).of(topics)));
  assert.equal(series.size, 5 * names.length);
  assert.equal(valueOf(series, "sekali_topic_received_total", 'topic="\\n"'), 3);
  assert.equal(valueOf(series, "sekali_topic_received_total", 'topic="\\\\n"'), 4);
});

Deno.test("readMetrics() refuses what is not well-formed", () => {
  const well = "# HELP a_total a\n# TYPE a_total counter\na_total 1\n";
  assert.equal(valueOf(readMetrics(well), "a_total"), 1);
  const histogram = "# HELP s_seconds s\n# TYPE s_seconds histogram\n";
  const count = "s_seconds_sum 1\ns_seconds_count 2\n";
  for (
    const text of [
      well.trimEnd(),
      `${well}a_total 2\n`,
      well + well,
      well.replace("# HELP a_total a\n", ""),
      well.replace("counter", "gauge"),
      well.replaceAll("a_total", "a"),
      `${well}b_total 1\n`,
      well.replace(" 1", " NaN"),
      well.replace("a_total 1", 'a_total{b="\n"} 1'),
      `${histogram}s_seconds_bucket{le="+Inf"} 1\n${count}`,
      `${histogram}s_seconds_bucket{le="1"} 3\ns_seconds_bucket{le="+Inf"} 2\n${count}`,
    ]
  ) {
    assert.throws(() => readMetrics(text), text);
  }
});
