/**
 * Who sends on a topic, and how their clocks go: of its latest stored events, as `GET /topics/:topic`
 * answers it.
 */
import type { TopicNumbers } from "./snapshot.ts";

/**
 * Receipt minus event time of some events, whole milliseconds: below 0 where events come from the
 * future, because the publisher's clock is ahead of ours.
 */
export interface Skew {
  readonly min_ms: number;
  readonly median_ms: number;
  readonly p95_ms: number;
  readonly max_ms: number;
  /** Events from the future. */
  readonly ahead: number;
}

/** What one source sent. */
export interface TopicSource {
  readonly source: string;
  readonly events: number;
  /** When the latest of them was received, ISO 8601. */
  readonly last_seen: string;
  readonly skew: Skew;
}

/** Events by their skew, between the bound of the interval before and this one. */
export interface SkewInterval {
  /** Milliseconds, excluded; null: no bound. */
  readonly below_ms: number | null;
  readonly events: number;
}

/** The skew of all events that were looked at. */
export interface TopicSkew extends Skew {
  /** Smallest first, empty ones included. */
  readonly distribution: readonly SkewInterval[];
}

/** Sources of a topic. */
export interface TopicSources {
  /** Events that were looked at. */
  readonly sampled: number;
  /** Whether these are all that are stored; else the latest to arrive. */
  readonly complete: boolean;
  /** How many sources sent them. */
  readonly source_count: number;
  /** Those that sent most. */
  readonly sources: readonly TopicSource[];
  /** Null where nothing is stored. */
  readonly skew: TopicSkew | null;
}

/** The answer of `GET /topics/:topic`. */
export interface TopicDetails extends TopicNumbers, TopicSources {}
