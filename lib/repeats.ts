/**
 * Who is retrying: duplicates by source over the last minutes, and the latest keys that were repeated.
 * In memory only, of bounded size.
 */
import {
  MAX_HISTORY_SOURCES,
  MAX_RECENT_DUPLICATES,
  MAX_SOURCES,
  SOURCES_WINDOW,
} from "./limits.ts";
import { Named } from "./named.ts";
import type { Outcome } from "./protocol.ts";
import { Ring } from "./ring.ts";
import type { RecentDuplicate, SourceStats } from "./snapshot.ts";

const { stepMs, points } = SOURCES_WINDOW;
const [RECEIVED, DUPLICATES] = [0, 1] as const;

export class Repeats {
  readonly #sources = new Named(
    MAX_HISTORY_SOURCES,
    stepMs * points,
    () => new Ring(stepMs, points, 2),
  );
  #recent: RecentDuplicate[] = [];

  /**
   * A delivery was applied.
   *
   * @param now milliseconds since 1970, here and below
   */
  apply({ groups, repeated }: Outcome, now: number): void {
    for (const { source, received, stored } of groups) {
      const ring = this.#sources.hear(source, now);
      ring?.add(RECEIVED, received, now);
      ring?.add(DUPLICATES, received - stored, now);
    }
    if (repeated.length === 0) return;
    const at = new Date(now).toISOString();
    this.#recent = [...repeated.map((key) => ({ ...key, at })), ...this.#recent]
      .slice(0, MAX_RECENT_DUPLICATES);
  }

  /** The latest keys that were repeated, latest first: some of each delivery. */
  get recent(): readonly RecentDuplicate[] {
    return this.#recent;
  }

  /** The sources of most duplicates over the last minutes, those first that sent most. */
  sources(now: number): SourceStats[] {
    return [...this.#sources]
      .map(([source, ring]) => {
        const sums = ring.sums(now);
        return { source, duplicates: sums[DUPLICATES]!, received: sums[RECEIVED]! };
      })
      .filter(({ duplicates }) => duplicates > 0)
      .sort((a, b) => b.duplicates - a.duplicates || (a.source < b.source ? -1 : 1))
      .slice(0, MAX_SOURCES);
  }
}
