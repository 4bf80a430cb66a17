/**
 * What Prometheus reads at `/metrics`.
 *
 * The law's counters are PostgreSQL's own: exact, and going on over a restart. What is about this
 * process starts at 0 with it.
 */
import { Counter, Histogram, Registry } from "prom-client";
import { MAX_METRIC_TOPICS } from "./limits.ts";
import { gauge, toText } from "./metrics/metric.ts";
import { processMetrics } from "./metrics/process.ts";
import {
  aggregatorMetrics,
  consumerMetrics,
  lawMetrics,
  queueMetrics,
  streamMetrics,
} from "./metrics/snapshot.ts";
import { TopicMetrics } from "./metrics/topics.ts";
import type { Snapshot } from "./snapshot.ts";

/** The media type of the text. */
export const METRICS_TYPE = Registry.PROMETHEUS_CONTENT_TYPE;

/** What is measured as it happens, and how all of it is told. */
export class Metrics {
  readonly #registry = new Registry();
  readonly #topics = new TopicMetrics(MAX_METRIC_TOPICS);

  readonly #requests = new Histogram({
    name: "sekali_http_request_duration_seconds",
    help: "From the request's headers to the answer's, by route, method and class of status",
    labelNames: ["route", "method", "status"],
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
    registers: [this.#registry],
  });

  readonly #accepted = new Counter({
    name: "sekali_accepted_total",
    help: "Events on disk and so accepted, repeats included, since the process started",
    registers: [this.#registry],
  });

  readonly #journal = new Histogram({
    name: "sekali_journal_append_duration_seconds",
    help: "What a 202 waits for: from a request's events being valid to them being on disk",
    buckets: [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5],
    registers: [this.#registry],
  });

  readonly #commits = new Histogram({
    name: "sekali_commit_duration_seconds",
    help: "From a delivery's doorbell to its COMMIT",
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30],
    registers: [this.#registry],
  });

  /**
   * Counts an answer.
   *
   * @param route its pattern, never a path: there are as many series as routes
   * @param status 100 to 599
   */
  answer(route: string, method: string, status: number, seconds: number): void {
    this.#requests.observe({ route, method, status: `${Math.floor(status / 100)}xx` }, seconds);
  }

  /** Counts events that are on disk, and how long a request waited for that. */
  accept(events: number, seconds: number): void {
    this.#accepted.inc(events);
    this.#journal.observe(seconds);
  }

  /** Counts a delivery that was committed. */
  commit(seconds: number): void {
    this.#commits.observe(seconds);
  }

  /**
   * Everything as text.
   *
   * @param snapshot its counters may be old where the database is away
   * @param databaseUp whether they are not
   * @param streams that are open
   */
  async toText(snapshot: Snapshot, databaseUp: boolean, streams: number): Promise<string> {
    const metrics = [
      gauge(
        "sekali_database_up",
        "Whether PostgreSQL answers; where not, its counters are those of the last answer",
        databaseUp,
      ),
      ...lawMetrics(snapshot),
      ...queueMetrics(snapshot),
      ...streamMetrics(snapshot),
      ...consumerMetrics(snapshot.consumers),
      ...aggregatorMetrics(snapshot.aggregators),
      ...this.#topics.of(snapshot.by_topic),
      gauge("sekali_streams", "Open streams of Server-Sent Events", streams),
      ...processMetrics(snapshot.database.version),
    ];
    return await toText(metrics) + await this.#registry.metrics();
  }
}
