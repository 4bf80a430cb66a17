/**
 * Frames of Server-Sent Events: what goes over a stream.
 */
import type { FeedEvent } from "./sql/feed.ts";

/** Says nothing, and keeps proxies from ending a quiet stream. */
export const HEARTBEAT = ":\n\n";

/**
 * An event that was stored.
 *
 * @example
 * ```ts
 * import { strictEqual } from "node:assert";
 * import { eventFrame } from "./frames.ts";
 *
 * strictEqual(eventFrame({ seq: 7, event: "{}" }), "id: 7\nevent: event\ndata: {}\n\n");
 * ```
 */
export function eventFrame({ seq, event }: FeedEvent): string {
  return `id: ${seq}\nevent: event\ndata: ${event}\n\n`;
}

/** Everything up to here was looked at. */
export function positionFrame(position: number): string {
  return `id: ${position}\nevent: position\ndata: {}\n\n`;
}

/**
 * Events that were left out to keep to the rate.
 *
 * @param atLeast whether there were more that nobody counted
 */
export function skippedFrame(count: number, atLeast: boolean): string {
  const data = atLeast ? { count, at_least: true } : { count };
  return `event: skipped\ndata: ${JSON.stringify(data)}\n\n`;
}

/** The numbers. */
export function statsFrame(json: string): string {
  return `event: stats\ndata: ${json}\n\n`;
}
