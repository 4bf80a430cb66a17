/**
 * Numbers over time, as `GET /stats/timeseries` gives them to charts: a column of values each, one
 * value a slot.
 */
import type { Percentiles } from "./latency.ts";
import type { HISTORY_WINDOWS } from "./limits.ts";

/** How far back to look. */
export type Window = keyof typeof HISTORY_WINDOWS;

/** Values by slot, oldest first; null where nothing is known, as before the process started. */
export type Column = readonly (number | null)[];

/** The slots that the columns are about. */
export interface Slots {
  readonly window: Window;
  /** How long a slot is, milliseconds. */
  readonly step_ms: number;
  /** When each began, milliseconds since 1970. Each is over: none counts any further. */
  readonly at: readonly number[];
}

/** What came of deliveries in each slot: counts of events, not rates. */
export interface Decided {
  readonly stored: Column;
  readonly duplicates: Column;
}

/** The answer of `GET /stats/timeseries`. */
export interface Timeseries extends Slots, Decided {
  readonly dead_letters: Column;
  /** Answered 202. */
  readonly accepted: Column;
  /** The most that was pending, of looks taken once a second. */
  readonly pending: Column;
  /** The age of the oldest pending event, milliseconds: the longest, of the same looks. */
  readonly lag_ms: Column;
  /** How long commits took; null where there was none. */
  readonly commit_ms: Readonly<Record<keyof Percentiles, Column>>;
}

/** What is known of one topic. */
export interface TopicSeries extends Decided {
  readonly topic: string;
}

/** The answer of `GET /stats/timeseries?topic=…`. */
export interface TopicTimeseries extends Slots, TopicSeries {}

/** The answer of `GET /stats/timeseries?by=topic`. */
export interface TimeseriesByTopic extends Slots {
  /** The topics that received most, at most `MAX_TIMESERIES_TOPICS`. */
  readonly topics: readonly TopicSeries[];
  /** What is not in them: further topics, and what was not told apart. */
  readonly other: Decided;
}
