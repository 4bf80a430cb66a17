/**
 * The page's one connection to the stream, shared by all islands, as signals.
 *
 * It is open while the page can be seen: a hidden page closes it, and one that is shown again goes
 * on where it was. A connection that is lost is tried again, each time after a longer pause.
 */
import { type ReadonlySignal, signal } from "@preact/signals";
import { IS_BROWSER } from "fresh/runtime";
import type { DashboardSnapshot } from "../snapshot.ts";

/** `stale`: connected, but nothing has come for a while. */
export type Connection = "connecting" | "live" | "stale" | "offline";

/** What islands show. */
export interface Live {
  /** The latest numbers; undefined until some have come: then what the server rendered holds. */
  readonly stats: ReadonlySignal<DashboardSnapshot | undefined>;
  /** When they came, milliseconds since 1970. */
  readonly at: ReadonlySignal<number | undefined>;
  readonly connection: ReadonlySignal<Connection>;
}

/** Who wants events beside the numbers. Positions are opaque: they only lead back to where one was. */
export interface Follower {
  /** Filters of `GET /stream`: `topic`, `source`, `rate`. */
  readonly params: Readonly<Record<string, string>>;
  /** Where to begin: after this position; undefined: with what comes next. */
  readonly after: string | undefined;
  /** Takes an event. */
  event(json: string, position: string): void;
  /** Everything up to here was looked at, and matched or not. */
  position(position: string): void;
  /**
   * So many events were left out to keep to the rate.
   *
   * @param atLeast whether not all of them were counted
   */
  skipped(count: number, atLeast: boolean): void;
}

/** A frame comes at least every second, since the uptime changes; so long without one is odd. */
const STALE_MS = 5_000;

/** First and longest pause before a new connection. */
const RETRY_MS = { first: 500, longest: 15_000 };

const stats = signal<DashboardSnapshot>();
const at = signal<number>();
const connection = signal<Connection>("connecting");

let started = false;
let source: EventSource | undefined;
let follower: Follower | undefined;
/** Where the follower is. */
let position: string | undefined;
let failures = 0;
let staleTimer: ReturnType<typeof setTimeout> | undefined;
let retryTimer: ReturnType<typeof setTimeout> | undefined;

/** Opens the connection, in a browser, if it is not open; on the server nothing ever comes. */
export function connect(): Live {
  if (IS_BROWSER && !started) {
    started = true;
    document.addEventListener("visibilitychange", () => document.hidden ? close() : open());
    addEventListener("pagehide", close);
    if (!document.hidden) open();
  }
  return { stats, at, connection };
}

/**
 * Asks for events over the same connection, which is opened anew for it. One follower at a time.
 *
 * @returns a function that ends it
 */
export function follow(next: Follower): () => void {
  follower = next;
  position = next.after;
  reopen();
  return () => {
    if (follower !== next) return;
    follower = undefined;
    reopen();
  };
}

function reopen() {
  if (!started || document.hidden) return;
  close();
  open();
}

function open() {
  if (source !== undefined) return;
  clearTimeout(retryTimer);
  connection.value = failures === 0 ? "connecting" : "offline";
  source = new EventSource(address());
  source.addEventListener("stats", ({ data }) => {
    stats.value = JSON.parse(data);
    at.value = Date.now();
    heard();
  });
  source.addEventListener("event", ({ data, lastEventId }) => {
    position = lastEventId;
    heard();
    follower?.event(data, lastEventId);
  });
  source.addEventListener("position", ({ lastEventId }) => {
    position = lastEventId;
    heard();
    follower?.position(lastEventId);
  });
  source.addEventListener("skipped", ({ data }) => {
    const { count, at_least } = JSON.parse(data);
    follower?.skipped(count, at_least === true);
  });
  // Not left to the browser, which gives up after a refusal and would repeat a stale address.
  source.onerror = () => {
    // Closed already: there was an answer, but no stream.
    if (source?.readyState === EventSource.CLOSED) leaveIfLoggedOut();
    close();
    connection.value = "offline";
    const longest = Math.min(RETRY_MS.first * 2 ** failures++, RETRY_MS.longest);
    retryTimer = setTimeout(open, longest * (0.5 + Math.random() / 2));
  };
}

/** After the end of a session the page itself leads to the login, and back from there. */
async function leaveIfLoggedOut() {
  const answer = await fetch("/stream", { method: "HEAD" }).catch(() => undefined);
  if (answer?.status === 401) location.reload();
}

function close() {
  clearTimeout(staleTimer);
  clearTimeout(retryTimer);
  source?.close();
  source = undefined;
}

function heard() {
  failures = 0;
  connection.value = "live";
  clearTimeout(staleTimer);
  staleTimer = setTimeout(() => connection.value = "stale", STALE_MS);
}

function address(): string {
  const params = new URLSearchParams({ types: "stats" });
  if (follower !== undefined) {
    params.set("types", "stats,event");
    for (const [name, value] of Object.entries(follower.params)) params.set(name, value);
    if (position !== undefined) params.set("after", position);
  }
  return `/stream?${params}`;
}
