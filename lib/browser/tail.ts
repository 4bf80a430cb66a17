/**
 * The tail: what it keeps of the events that come, and what share of them it shows.
 */
import type { StoredEvent } from "./events.tsx";

/** An event of the tail. */
export interface TailRow {
  readonly event: StoredEvent;
  readonly text: string;
  /** Whether it came while the page was open. */
  readonly isNew: boolean;
}

/** @param text an event as JSON */
export function tailRow(text: string, isNew: boolean): TailRow {
  return { event: JSON.parse(text), text, isNew };
}

/**
 * The rows with those that came since, the latest on top.
 *
 * @param came in the order they came; where the page did not know where its rows end, some of these
 * @param most rows kept
 */
export function withNew(
  rows: readonly TailRow[],
  came: readonly TailRow[],
  most: number,
): readonly TailRow[] {
  const known = new Set(rows.map(({ event }) => event.seq));
  const added = came.filter(({ event }) => !known.has(event.seq)).toReversed();
  return [...added, ...rows].slice(0, most);
}

/** Events that came at a time, and those that were left out for them. */
export interface Share {
  /** Milliseconds. */
  readonly at: number;
  readonly shown: number;
  readonly skipped: number;
}

/** The share is told of so many milliseconds: longer than the pauses between what comes. */
const SHARE_MS = 3_000;

/** The shares that are recent still. */
export function recentShares(shares: readonly Share[], now: number): readonly Share[] {
  return shares.filter(({ at }) => now - at < SHARE_MS);
}

/**
 * Events a second, shown and in all; undefined if all are shown.
 *
 * @example
 * ```ts
 * import { deepStrictEqual } from "node:assert";
 * import { sharePerSecond } from "./tail.ts";
 *
 * deepStrictEqual(
 *   sharePerSecond([{ at: 0, shown: 90, skipped: 0 }, { at: 500, shown: 60, skipped: 2_850 }], 1_000),
 *   { shown: 50, all: 1_000 },
 * );
 * deepStrictEqual(sharePerSecond([{ at: 0, shown: 90, skipped: 0 }], 1_000), undefined);
 * ```
 */
export function sharePerSecond(
  shares: readonly Share[],
  now: number,
): { readonly shown: number; readonly all: number } | undefined {
  let shown = 0;
  let skipped = 0;
  for (const share of recentShares(shares, now)) {
    shown += share.shown;
    skipped += share.skipped;
  }
  if (skipped === 0) return undefined;
  const perSecond = (count: number) => Math.round(count * 1_000 / SHARE_MS);
  return { shown: perSecond(shown), all: perSecond(shown + skipped) };
}
