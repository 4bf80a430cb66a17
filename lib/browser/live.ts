/**
 * The page's one connection to the stream, shared by all islands, as signals.
 */
import { type Signal, signal } from "@preact/signals";
import { IS_BROWSER } from "fresh/runtime";
import type { DashboardSnapshot } from "../snapshot.ts";

/** `stale`: connected, but nothing has come for a while. */
export type Connection = "connecting" | "live" | "stale" | "offline";

/** What islands show. */
export interface Live {
  /** The latest numbers. */
  readonly snapshot: Signal<DashboardSnapshot>;
  /** When they came, milliseconds since 1970. */
  readonly at: Signal<number>;
  readonly connection: Signal<Connection>;
}

/** A frame comes at least every second, since the uptime changes; so long without one is odd. */
const STALE_MS = 5_000;

let shared: Live | undefined;

/**
 * Keeps what the server rendered up to date, in a browser; on the server it stays as it is.
 *
 * @param initial what the server rendered
 * @param at when, milliseconds since 1970
 */
export function connect(initial: DashboardSnapshot, at: number): Live {
  if (shared !== undefined) return shared;
  const live: Live = {
    snapshot: signal(initial),
    at: signal(at),
    connection: signal<Connection>("connecting"),
  };
  if (!IS_BROWSER) return live;
  listen(live);
  return shared = live;
}

function listen(live: Live) {
  const source = new EventSource("/stream");
  let watch: ReturnType<typeof setTimeout>;
  source.addEventListener("stats", ({ data }) => {
    live.snapshot.value = JSON.parse(data);
    live.at.value = Date.now();
    live.connection.value = "live";
    clearTimeout(watch);
    watch = setTimeout(() => live.connection.value = "stale", STALE_MS);
  });
  source.onerror = () => {
    clearTimeout(watch);
    live.connection.value = "offline";
    // A browser connects again by itself after a loss, but not after a refusal.
    if (source.readyState === EventSource.CLOSED) setTimeout(() => listen(live), STALE_MS);
  };
}
