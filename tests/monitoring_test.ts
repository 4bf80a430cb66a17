/**
 * Do the alert rules and the Grafana dashboard ask for what `/metrics` tells?
 */
import assert from "node:assert/strict";
import { parse } from "yaml";
import { Metrics } from "../lib/metrics.ts";
import type { Snapshot } from "../lib/snapshot.ts";
import { aggregatorStats } from "./helpers/aggregators.ts";

const counts = { received: 1, unique_processed: 1, duplicate_dropped: 0, dead_letters: 0 };

const snapshot: Snapshot = {
  ...counts,
  topics: ["a"],
  stored: 1,
  expired: 0,
  by_topic: [{
    topic: "a",
    ...counts,
    stored: 1,
    expired: 0,
    retention_s: null,
    deduplicates_since: null,
    first_seen: "",
    last_seen: "",
    rate: 0,
  }],
  uptime: 1,
  pending: 0,
  pending_bytes: 0,
  lag_ms: 0,
  aggregator: aggregatorStats(),
  aggregators: [aggregatorStats()],
  consistent: true,
  rates: { accepted: 0, received: 0, unique_processed: 0, duplicate_dropped: 0 },
  commit_latency: null,
  accept_latency: null,
  journal_bytes: 0,
  limits: { queue_max_events: 1, journal_max_bytes: 1 },
  draining: false,
  redeliveries: 0,
  queue: { kind: "jetstream", stream: "s", at: "a:1", trouble: null, messages: 0, lag_ms: 0 },
  database: { version: "18.4", at: "embedded" },
  consumers: [{
    consumer: 1,
    state: "idle",
    committed: 0,
    last_commit_at: null,
    last_commit_ms: null,
    rate: 0,
    redeliveries: 0,
    restarts: 0,
    trouble: null,
  }],
};

/** What can be asked for: the names of all metrics, and their labels. */
async function readOffer() {
  const metrics = new Metrics();
  metrics.answer("/publish", "POST", 202, 0.001);
  metrics.accept(1, 0.001);
  metrics.commit(0.001);
  const text = await metrics.toText(snapshot, true, 0);
  const names = [...text.matchAll(/^([a-z]\w+)(?:\{| )/gm)].map(([, name]) => name!);
  const labels = [...text.matchAll(/[{,](\w+)="/g)].map(([, label]) => label!);
  // What Prometheus itself adds.
  return { names: new Set([...names, "up"]), labels: new Set([...labels, "job", "instance"]) };
}

/** Asserts that an expression of PromQL asks for nothing else. */
function assertOffered(
  expression: string,
  { names, labels }: Awaited<ReturnType<typeof readOffer>>,
) {
  const asked = expression.match(/\b(?:sekali|process)_\w+|\bup\b/g) ?? [];
  assert.ok(asked.length > 0, expression);
  for (const name of asked) assert.ok(names.has(name), `${name} in ${expression}`);
  const grouped = [...expression.matchAll(/\bby \(([^)]*)\)/g)].flatMap(([, by]) =>
    by!.split(", ")
  );
  const matched = [...expression.matchAll(/(\w+)=~?"/g)].map(([, label]) => label!);
  for (const label of [...grouped, ...matched]) {
    assert.ok(labels.has(label), `${label} in ${expression}`);
  }
}

const read = (file: string) => Deno.readTextFile(new URL(`../docs/${file}`, import.meta.url));

interface Dashboard {
  readonly panels: readonly {
    readonly id: number;
    readonly title: string;
    readonly targets: readonly { readonly expr: string }[];
  }[];
  readonly templating: { readonly list: readonly { readonly definition?: string }[] };
}

interface Rule {
  readonly alert: string;
  readonly expr: string;
  readonly labels: { readonly severity: string };
  readonly annotations: { readonly summary: string; readonly description: string };
}

Deno.test("every alert asks for metrics that there are, and says what to do", async () => {
  const { groups } = parse(await read("alerts.yml")) as { groups: { rules: Rule[] }[] };
  const rules = groups.flatMap(({ rules }) => rules);
  const offer = await readOffer();
  for (const { alert, expr, labels, annotations } of rules) {
    assertOffered(expr, offer);
    assert.match(alert, /^Sekali[A-Z]\w+$/);
    assert.match(labels.severity, /^(?:warning|critical)$/);
    assert.ok(annotations.summary && annotations.description, alert);
  }
  assert.equal(new Set(rules.map(({ alert }) => alert)).size, rules.length);
  assert.ok(rules.length >= 6);
});

Deno.test("every panel of the dashboard asks for metrics that there are", async () => {
  const offer = await readOffer();
  const dashboard: Dashboard = JSON.parse(await read("grafana-dashboard.json"));
  const ids = new Set<number>();
  for (const { id, title, targets } of dashboard.panels) {
    assert.ok(title.length > 0 && targets.length > 0);
    for (const { expr } of targets) assertOffered(expr, offer);
    ids.add(id);
  }
  for (const { definition } of dashboard.templating.list) {
    if (definition !== undefined) {
      assert.match(definition, /^label_values\(sekali_received_total\b/);
    }
  }
  assert.equal(ids.size, dashboard.panels.length);
});

Deno.test("assertOffered() refuses metrics and labels that there are not", async () => {
  const offer = await readOffer();
  assertOffered('sum by (topic, job) (rate(sekali_topic_received_total{job="a"}[5m]))', offer);
  for (
    const expression of [
      "sekali_received",
      "sum by (key) (sekali_received_total)",
      'sekali_consumers{stage="idle"}',
      "1 + 1",
    ]
  ) {
    assert.throws(() => assertOffered(expression, offer), `refuses: ${expression}`);
  }
});
