/**
 * Does Prometheus get what `/stats` says, over restarts and while the database is away?
 */
import assert from "node:assert/strict";
import parsePrometheus from "parse-prometheus-text-format";
import { usePostgres } from "../helpers/database.ts";
import type { Stats } from "../../lib/snapshot.ts";
import { event, events } from "../helpers/events.ts";
import { readMetrics, valueOf } from "../helpers/prometheus.ts";
import { startProxy } from "../helpers/proxy.ts";
import { type Service, startService, temporaryDirectory, until } from "../helpers/service.ts";
import { useService } from "../helpers/service_tests.ts";

const postgres = usePostgres();
const test = useService(postgres);

/** What the package makes of a metric; it brings no types. */
interface ParsedMetric {
  readonly name: string;
  readonly metrics: readonly { value: string; labels?: Record<string, string> }[];
}

async function scrape({ url }: Pick<Service, "url">) {
  const response = await fetch(`${url}/metrics`);
  assert.equal(response.status, 200);
  assert.equal(response.headers.get("content-type"), "text/plain; version=0.0.4; charset=utf-8");
  return await response.text();
}

test("/metrics says what /stats says, in a form that Prometheus reads", async (service) => {
  const topic = 'app."log"\\\n';
  const sent = [...events(5, { topic }), ...events(3)];
  await service.publish([...sent, ...sent.slice(0, 4)]);
  await service.settled();
  // One consumer may have stored all before the other was up.
  const stats = await until<Stats>(
    () => service.get("/stats"),
    ({ consumers }) => consumers.every(({ state }) => state === "idle"),
  );
  const text = await scrape(service);
  const series = readMetrics(text);
  const value = (name: string, labels?: string) => valueOf(series, `sekali_${name}`, labels);
  assert.deepEqual(
    ["received_total", "stored_total", "duplicates_total", "accepted_total"].map((n) => value(n)),
    [stats.received, stats.unique_processed, stats.duplicate_dropped, 12],
  );
  assert.deepEqual([stats.received, stats.unique_processed], [12, 8]);
  const label = 'topic="app.\\"log\\"\\\\\\n"';
  assert.equal(value("topic_received_total", label), 9);
  assert.equal(value("topic_duplicates_total", label), 4);
  const own = ["consistent", "database_up", "pending_events", "lag_seconds", "dead_letters"];
  assert.deepEqual(own.map((name) => value(name)), [1, 1, 0, 0, 0]);
  assert.equal(value("consumers", 'state="idle"'), stats.consumers.length);
  assert.equal(value("queue_max_events"), stats.limits.queue_max_events);
  assert.equal(value("journal_append_duration_seconds_count"), 1);
  assert.ok(value("commit_duration_seconds_count") >= 1);
  assert.ok(valueOf(series, "process_resident_memory_bytes") > 1e6);
  assert.ok(Math.abs(valueOf(series, "process_start_time_seconds") - Date.now() / 1000) < 600);

  const parsed: ParsedMetric[] = parsePrometheus(text);
  const names = new Set([...text.matchAll(/^# TYPE (\S+)/gm)].map(([, name]) => name));
  assert.deepEqual(new Set(parsed.map(({ name }) => name)), names);
  const byTopic = parsed.find(({ name }) => name === "sekali_topic_received_total");
  assert.equal(byTopic?.metrics.find(({ labels }) => labels?.["topic"] === topic)?.value, "9");
});

test("requests are measured by route, never by path or by what a client makes up", async (service) => {
  for (
    const path of ["/events?topic=a", "/events?topic=b", "/dead-letters/1", "/nothing", "/a/b"]
  ) {
    await (await fetch(service.url + path)).body?.cancel();
  }
  await (await fetch(`${service.url}/events`, { method: "BREW" })).body?.cancel();
  await (await fetch(`${service.url}/nothing`, { headers: { accept: "text/html" } })).text();
  const series = readMetrics(await scrape(service));
  const count = (route: string, method: string, status: string) =>
    valueOf(
      series,
      "sekali_http_request_duration_seconds_count",
      `method="${method}",route="${route}",status="${status}"`,
    );
  assert.equal(count("/events", "GET", "2xx"), 2);
  assert.equal(count("/dead-letters/:id", "GET", "4xx"), 1);
  assert.equal(count("(none)", "GET", "4xx"), 3);
  assert.equal(count("/events", "other", "4xx"), 1);
});

test("the law's counters go on over a restart", async (service, database) => {
  await service.publish(events(4));
  await service.settled();
  await service.stop();
  await using data = await temporaryDirectory();
  await using next = await startService({ DATABASE_URL: database.url, DATA_DIR: data.path });
  const series = readMetrics(await scrape(next));
  assert.equal(valueOf(series, "sekali_received_total"), 4);
  assert.equal(valueOf(series, "sekali_accepted_total"), 0);
});

Deno.test("while the database is away /metrics says so, with its last counters", async () => {
  await using database = await postgres.database({ migrated: false });
  await using proxy = startProxy(database.url);
  await using data = await temporaryDirectory();
  await using service = await startService({ DATABASE_URL: proxy.url, DATA_DIR: data.path });
  await service.publish(events(2));
  await service.settled();
  proxy.cut();
  await service.publish(event());
  const away = readMetrics(await scrape(service));
  assert.equal(valueOf(away, "sekali_database_up"), 0);
  assert.equal(valueOf(away, "sekali_received_total"), 2);
  assert.equal(valueOf(away, "sekali_pending_events"), 1);
  assert.ok(valueOf(away, "sekali_pending_bytes") > 0);
  proxy.mend();
  const back = await until(
    async () => readMetrics(await scrape(service)),
    (series) => valueOf(series, "sekali_pending_events") === 0,
  );
  assert.equal(valueOf(back, "sekali_database_up"), 1);
  assert.equal(valueOf(back, "sekali_received_total"), 3);
});

Deno.test("a database that says nothing does not hold /metrics up for long", async () => {
  await using database = await postgres.database({ migrated: false });
  await using proxy = startProxy(database.url);
  await using data = await temporaryDirectory();
  await using service = await startService({ DATABASE_URL: proxy.url, DATA_DIR: data.path });
  const silent = proxy.silence();
  const answer = scrape(service);
  await silent;
  assert.equal(valueOf(readMetrics(await answer), "sekali_database_up"), 0);
  await service.kill();
});
