/**
 * Metrics of what `/stats` says.
 */
import type {
  AggregatorState,
  AggregatorStats,
  ConsumerState,
  ConsumerStats,
  Snapshot,
} from "../snapshot.ts";
import { counter, gauge, type Metric } from "./metric.ts";

/** The law: received = stored + duplicates + dead letters; and what of the stored is no more. */
export function lawMetrics(snapshot: Snapshot): Metric[] {
  return [
    counter(
      "sekali_received_total",
      "Events that were decided, repeats included; counted by PostgreSQL over all time",
      snapshot.received,
    ),
    counter(
      "sekali_stored_total",
      "Events stored, each key once; counted by PostgreSQL over all time",
      snapshot.unique_processed,
    ),
    counter(
      "sekali_duplicates_total",
      "Events dropped because their key was stored; counted by PostgreSQL over all time",
      snapshot.duplicate_dropped,
    ),
    counter(
      "sekali_expired_total",
      "Of the events stored, those deleted since at the end of their retention; counted by PostgreSQL",
      snapshot.expired,
    ),
    gauge(
      "sekali_dead_letters",
      "Events refused by PostgreSQL and not replayed; one that is deleted stays counted",
      snapshot.dead_letters,
    ),
    gauge(
      "sekali_consistent",
      "Whether received = stored + duplicates + dead letters, in total and by topic",
      snapshot.consistent,
    ),
    gauge("sekali_topics", "Topics that ever came", snapshot.topics.length),
  ];
}

/** What waits here to be committed, and how much may: others tell their own. */
export function queueMetrics(snapshot: Snapshot): Metric[] {
  const { aggregator, limits } = snapshot;
  return [
    gauge("sekali_pending_events", "Events accepted but not yet committed", aggregator.pending),
    gauge("sekali_pending_bytes", "Size of their JSON", aggregator.pending_bytes),
    gauge(
      "sekali_queue_max_events",
      "Pending events beyond which publishing is refused",
      limits.queue_max_events,
    ),
    gauge(
      "sekali_journal_max_bytes",
      "Pending bytes beyond which publishing is refused",
      limits.journal_max_bytes,
    ),
    gauge("sekali_journal_file_bytes", "Size of the journal's files", snapshot.journal_bytes),
    gauge(
      "sekali_lag_seconds",
      "Age of the oldest pending event, 0 if none is",
      aggregator.lag_ms / 1000,
    ),
    counter(
      "sekali_redeliveries_total",
      "Deliveries sent again, since the process started",
      snapshot.redeliveries,
    ),
  ];
}

/** The stream of NATS that is the queue, if one is. */
export function streamMetrics({ queue }: Snapshot): Metric[] {
  if (queue.kind !== "jetstream") return [];
  const { trouble, messages, lag_ms } = queue;
  return [
    gauge("sekali_jetstream_up", "Whether the stream takes events", trouble === null),
    ...(messages === null ? [] : [
      gauge("sekali_jetstream_messages", "Messages not delivered, or not acked", messages),
    ]),
    ...(lag_ms === null ? [] : [
      gauge(
        "sekali_jetstream_lag_seconds",
        "Age of the oldest message, 0 if there is none",
        lag_ms / 1000,
      ),
    ]),
  ];
}

const AGGREGATOR_STATES: readonly AggregatorState[] = ["live", "draining", "dead"];

/** Who writes to the same database. */
export function aggregatorMetrics(aggregators: readonly AggregatorStats[]): Metric[] {
  const byState = (value: (those: readonly AggregatorStats[]) => number) =>
    AGGREGATOR_STATES.map((state) => ({
      labels: { state },
      value: value(aggregators.filter((one) => one.state === state)),
    }));
  return [
    {
      kind: "gauge",
      name: "sekali_aggregators",
      help: "Aggregators that write to the same database, by state; the same from each of them",
      samples: byState((those) => those.length),
    },
    {
      kind: "gauge",
      name: "sekali_aggregators_pending_events",
      help:
        "What they have pending by their last heartbeats; of dead ones it waits for their return",
      samples: byState((those) => those.reduce((sum, { pending }) => sum + pending, 0)),
    },
  ];
}

const STATES: readonly ConsumerState[] = ["starting", "idle", "busy", "retrying", "stopped"];

/** What the consumers are up to. */
export function consumerMetrics(consumers: readonly ConsumerStats[]): Metric[] {
  const byConsumer = (value: (consumer: ConsumerStats) => number) =>
    consumers.map((one) => ({ labels: { consumer: String(one.consumer) }, value: value(one) }));
  return [
    {
      kind: "gauge",
      name: "sekali_consumers",
      help: "Consumers, by state",
      samples: STATES.map((state) => ({
        labels: { state },
        value: consumers.filter((consumer) => consumer.state === state).length,
      })),
    },
    {
      kind: "counter",
      name: "sekali_consumer_committed_total",
      help: "Events committed by each consumer, repeats included, since the process started",
      samples: byConsumer(({ committed }) => committed),
    },
    {
      kind: "counter",
      name: "sekali_consumer_restarts_total",
      help: "How often each consumer's worker was replaced, since the process started",
      samples: byConsumer(({ restarts }) => restarts),
    },
  ];
}
