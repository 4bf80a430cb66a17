/**
 * A metric as of one moment, before it becomes text.
 */
import { Counter, Gauge, Registry } from "prom-client";

/** One number, with what tells it from the others of its metric. */
export interface Sample {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** A counter or a gauge; counters only ever grow, or start again at 0. */
export interface Metric {
  readonly kind: "counter" | "gauge";
  readonly name: string;
  readonly help: string;
  readonly samples: readonly Sample[];
}

/** A counter of one number. */
export function counter(name: string, help: string, value: number): Metric {
  return { kind: "counter", name, help, samples: [{ labels: {}, value }] };
}

/** A gauge of one number; `true` is 1. */
export function gauge(name: string, help: string, value: number | boolean): Metric {
  return { kind: "gauge", name, help, samples: [{ labels: {}, value: Number(value) }] };
}

/** Writes metrics in Prometheus' text format. */
export async function toText(metrics: readonly Metric[]): Promise<string> {
  const registry = new Registry();
  for (const { kind, name, help, samples } of metrics) {
    if (samples[0] === undefined) continue;
    const labelNames = Object.keys(samples[0].labels);
    const options = { name, help, labelNames, registers: [registry] };
    if (kind === "counter") {
      const metric = new Counter(options);
      for (const { labels, value } of samples) metric.inc(labels, value);
    } else {
      const metric = new Gauge(options);
      for (const { labels, value } of samples) metric.set(labels, value);
    }
  }
  return await registry.metrics();
}
