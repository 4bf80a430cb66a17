/**
 * What happened lately, by slots of time, for the windows that charts show. In memory only, of bounded
 * size; it begins with the process.
 *
 * In total it is exact: each ack counts once, as in PostgreSQL, but for an ack that was lost. By topic
 * it knows the largest groups of each delivery, and a bounded number of topics; what is missing there
 * is told apart as `other`.
 */
import { bucketOf, type Percentiles, percentiles } from "./latency.ts";
import {
  HISTORY_WINDOWS,
  LATENCY_BUCKETS,
  MAX_HISTORY_TOPICS,
  MAX_TIMESERIES_TOPICS,
  RATE_WINDOW_MS,
} from "./limits.ts";
import { Named } from "./named.ts";
import type { Outcome } from "./protocol.ts";
import { Ring } from "./ring.ts";
import type {
  Column,
  Decided,
  Slots,
  Timeseries,
  TimeseriesByTopic,
  TopicTimeseries,
  Window,
} from "./timeseries.ts";

/** What a slot holds in total, and the first of them by topic. */
const [STORED, DUPLICATES, DEAD_LETTERS, ACCEPTED, PENDING, LAG] = [0, 1, 2, 3, 4, 5] as const;

const WINDOWS = Object.keys(HISTORY_WINDOWS) as Window[];
const LONGEST_MS = Math.max(
  ...Object.values(HISTORY_WINDOWS).map(({ stepMs, points }) => stepMs * points),
);

export class History {
  readonly #startedAt: number;
  readonly #total = newRings(6);
  readonly #commits = newRings(LATENCY_BUCKETS);
  readonly #accepts = newRing("1m", LATENCY_BUCKETS);
  readonly #topics = new Named(MAX_HISTORY_TOPICS, LONGEST_MS, () => newRings(2));

  /** @param now milliseconds since 1970, here and below */
  constructor(now: number) {
    this.#startedAt = now;
  }

  /**
   * Events were accepted.
   *
   * @param tookMs until they were on disk
   */
  accept(events: number, tookMs: number, now: number): void {
    for (const window of WINDOWS) this.#total[window].add(ACCEPTED, events, now);
    this.#accepts.add(bucketOf(tookMs), 1, now);
  }

  /**
   * A delivery was applied.
   *
   * @param tookMs from the doorbell to COMMIT
   */
  apply(outcome: Outcome, tookMs: number, now: number): void {
    const { received, stored, duplicates } = outcome;
    for (const window of WINDOWS) {
      this.#total[window].add(STORED, stored, now);
      this.#total[window].add(DUPLICATES, duplicates, now);
      this.#total[window].add(DEAD_LETTERS, received - stored - duplicates, now);
      this.#commits[window].add(bucketOf(tookMs), 1, now);
    }
    for (const group of outcome.groups) {
      const rings = this.#topics.hear(group.topic, now);
      if (rings === undefined) continue;
      for (const window of WINDOWS) {
        rings[window].add(STORED, group.stored, now);
        rings[window].add(DUPLICATES, group.received - group.stored, now);
      }
    }
  }

  /** A look at what is pending, to be taken once a second. */
  look(pending: number, lagMs: number, now: number): void {
    for (const window of WINDOWS) {
      this.#total[window].peak(PENDING, pending, now);
      this.#total[window].peak(LAG, lagMs, now);
    }
  }

  /** All numbers over a window. */
  timeseries(window: Window, now: number): Timeseries {
    const slots = this.#slots(window, now);
    const values = this.#total[window].slots(now);
    const column = (at: number) => this.#column(slots, values.map((slot) => slot[at]!));
    const took = this.#commits[window].slots(now).map(percentiles);
    const percentile = (name: keyof Percentiles) => took.map((slot) => slot?.[name] ?? null);
    return {
      ...slots,
      stored: column(STORED),
      duplicates: column(DUPLICATES),
      dead_letters: column(DEAD_LETTERS),
      accepted: column(ACCEPTED),
      pending: column(PENDING),
      lag_ms: column(LAG),
      commit_ms: { p50: percentile("p50"), p95: percentile("p95"), p99: percentile("p99") },
    };
  }

  /** The numbers of one topic; null in all slots if they are not kept. */
  topicTimeseries(window: Window, topic: string, now: number): TopicTimeseries {
    const slots = this.#slots(window, now);
    const rings = this.#topics.get(topic);
    const unknown = rings === undefined && this.#topics.full;
    const values = rings?.[window].slots(now) ?? slots.at.map(() => NOTHING);
    const nothing = { stored: slots.at.map(() => null), duplicates: slots.at.map(() => null) };
    return { ...slots, topic, ...(unknown ? nothing : this.#decided(slots, values)) };
  }

  /** The numbers of the topics that received most in a window. */
  timeseriesByTopic(window: Window, now: number): TimeseriesByTopic {
    const slots = this.#slots(window, now);
    const other = this.#total[window].slots(now).map((slot) => slot.slice(0, 2));
    const topics = [...this.#topics]
      .map(([topic, rings]) => {
        const values = rings[window].slots(now);
        return { topic, values, received: values.reduce((sum, [s, d]) => sum + s! + d!, 0) };
      })
      .filter(({ received }) => received > 0)
      .sort((a, b) => b.received - a.received)
      .slice(0, MAX_TIMESERIES_TOPICS);
    for (const { values } of topics) {
      values.forEach((slot, at) => slot.forEach((value, kind) => other[at]![kind]! -= value));
    }
    return {
      ...slots,
      topics: topics.map(({ topic, values }) => ({ topic, ...this.#decided(slots, values) })),
      other: this.#decided(slots, other),
    };
  }

  /** Events a second on a topic, as a mean over the last seconds; null if that is not known. */
  topicRate(topic: string, now: number): number | null {
    const rings = this.#topics.get(topic);
    if (rings === undefined) return this.#topics.full ? null : 0;
    const seconds = RATE_WINDOW_MS / 1000;
    return rings["1m"].slots(now, seconds)
      .reduce((sum, [stored, duplicates]) => sum + stored! + duplicates!, 0) / seconds;
  }

  /** How long commits took over the last minute; null without any. */
  commitLatency(now: number): Percentiles | null {
    return percentiles(this.#commits["1m"].sums(now));
  }

  /** How long it took to accept requests over the last minute; null without any. */
  acceptLatency(now: number): Percentiles | null {
    return percentiles(this.#accepts.sums(now));
  }

  #slots(window: Window, now: number): Slots {
    return {
      window,
      step_ms: HISTORY_WINDOWS[window].stepMs,
      at: this.#total[window].begins(now),
    };
  }

  #decided(slots: Slots, values: readonly ArrayLike<number>[]): Decided {
    return {
      stored: this.#column(slots, values.map((slot) => slot[STORED]!)),
      duplicates: this.#column(slots, values.map((slot) => slot[DUPLICATES]!)),
    };
  }

  /** Values with null for the slots before the start. */
  #column({ at, step_ms }: Slots, values: readonly number[]): Column {
    return values.map((value, slot) => at[slot]! + step_ms <= this.#startedAt ? null : value);
  }
}

const NOTHING = [0, 0];

function newRing(window: Window, width: number): Ring {
  const { stepMs, points } = HISTORY_WINDOWS[window];
  return new Ring(stepMs, points, width);
}

function newRings(width: number): Record<Window, Ring> {
  return {
    "1m": newRing("1m", width),
    "15m": newRing("15m", width),
    "1h": newRing("1h", width),
  };
}
