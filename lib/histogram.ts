/**
 * How many events match over event time, as `GET /events/histogram` answers it.
 */

/** Counts in intervals of equal length. */
export interface Histogram {
  /** When the first interval begins, ISO 8601; null where nothing matches. */
  readonly from: string | null;
  /** Length of an interval. */
  readonly step_ms: number;
  /** Events in each interval. */
  readonly counts: readonly number[];
  /** Events in all of them. */
  readonly total: number;
  /** Whether all that match were counted; else only those that arrived last. */
  readonly complete: boolean;
}
