/**
 * The window of a page's charts, from its query string.
 */
import type { Window } from "../timeseries.ts";

/** How often what is asked for: a new slot is worth drawing, more is not. */
const TURNS: Readonly<Record<Window, { readonly seriesMs: number; readonly byTopicMs: number }>> = {
  "1m": { seriesMs: 1_000, byTopicMs: 5_000 },
  "15m": { seriesMs: 5_000, byTopicMs: 10_000 },
  "1h": { seriesMs: 15_000, byTopicMs: 30_000 },
};

/** The window that is asked for, the shortest where none is known; and how often to ask for it. */
export function windowOf(
  params: URLSearchParams,
): { readonly window: Window; readonly seriesMs: number; readonly byTopicMs: number } {
  const asked = params.get("window");
  const window = (Object.keys(TURNS) as Window[]).find((window) => window === asked) ?? "1m";
  return { window, ...TURNS[window] };
}
