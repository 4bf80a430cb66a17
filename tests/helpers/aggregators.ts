/**
 * Aggregators as the registry tells them.
 */
import type { AggregatorStats } from "../../lib/snapshot.ts";

/** One with nothing pending; what is given replaces its fields. */
export function aggregatorStats(fields: Partial<AggregatorStats> = {}): AggregatorStats {
  return {
    id: "00000000-0000-4000-8000-000000000001",
    name: "a",
    address: "127.0.0.1:8080",
    state: "live",
    started_at: "2026-11-22T09:30:00+00:00",
    seen_at: "2026-11-22T09:31:00+00:00",
    pending: 0,
    pending_bytes: 0,
    lag_ms: 0,
    journal_bytes: 0,
    ...fields,
  };
}
