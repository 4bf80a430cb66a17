/**
 * Metrics by topic, for a bounded number of topics.
 */
import type { TopicStats, Totals } from "../snapshot.ts";
import type { Metric } from "./metric.ts";

/** What stands for all topics that have no series of their own. */
export const OTHER = "(other)";

const METRICS = [
  ["counter", "sekali_topic_received_total", "received", "Events received, by topic"],
  ["counter", "sekali_topic_stored_total", "unique_processed", "Events stored, by topic"],
  ["counter", "sekali_topic_duplicates_total", "duplicate_dropped", "Duplicates, by topic"],
  ["counter", "sekali_topic_expired_total", "expired", "Events deleted by retention, by topic"],
  ["gauge", "sekali_topic_dead_letters", "dead_letters", "Dead letters not replayed, by topic"],
] as const;

/**
 * Chooses the topics that have series of their own: once chosen a topic stays, so that no counter
 * ever falls. The first come first; what comes when there is no more room is summed.
 */
export class TopicMetrics {
  readonly #most: number;
  readonly #own = new Set<string>();

  /** @param most topics with series of their own */
  constructor(most: number) {
    this.#most = most;
  }

  /** The metrics of topics, those without series of their own as one. */
  of(topics: readonly TopicStats[]): Metric[] {
    this.#choose(topics);
    const own = topics.filter(({ topic }) => this.#own.has(topic));
    const others = topics.filter(({ topic }) => !this.#own.has(topic));
    return METRICS.map(([kind, name, counter, help]) => ({
      kind,
      name,
      help: `${help}; beyond the first ${this.#most} topics as "${OTHER}"`,
      samples: [
        ...own.map((topic) => ({ labels: { topic: topic.topic }, value: topic[counter] })),
        ...(others.length > 0 ? [{ labels: { topic: OTHER }, value: sum(others, counter) }] : []),
      ],
    }));
  }

  #choose(topics: readonly TopicStats[]) {
    if (this.#own.size >= this.#most) return;
    const oldestFirst = topics.toSorted((a, b) => a.first_seen.localeCompare(b.first_seen));
    for (const { topic } of oldestFirst) {
      if (this.#own.size >= this.#most) return;
      // A topic of that very name would be a second series of the same labels.
      if (topic !== OTHER) this.#own.add(topic);
    }
  }
}

function sum(topics: readonly TopicStats[], counter: keyof Totals | "expired"): number {
  return topics.reduce((total, topic) => total + topic[counter], 0);
}
