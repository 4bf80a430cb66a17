/**
 * What a hundred open dashboards cost those who publish: the same load without and with them, in turn.
 *
 * Each reads the stream and asks for what its charts show as often as the overview does. All of them run
 * in this process, on the machine that is measured, so that their own work counts against the service.
 */
import { setTimeout } from "node:timers/promises";
import { windowOf } from "../../lib/browser/window.ts";
import { closedLoop, percentile } from "./client.ts";
import type { Gatherer } from "./results.ts";
import type { Rig } from "./rig.ts";

const DASHBOARDS = 100;

/** Ways to publish: many events a request, and one. */
const LOADS = [
  { name: "batches of 500, 8 connections", size: 500, connections: 8, events: 300_000 },
  { name: "batches of 1, 32 connections", size: 1, connections: 32, events: 50_000 },
];

/** What a quick run sends of that. */
const QUICK_SHARE = 0.5;

/** One round. */
export async function measureDashboards(rig: Rig, results: Gatherer, quick: boolean) {
  for (const load of LOADS) {
    const events = quick ? load.events * QUICK_SHARE : load.events;
    const alone = await publish(rig, { ...load, events });
    const watched = await withDashboards(rig.url, () => publish(rig, { ...load, events }));
    const name = `${load.name}, ${DASHBOARDS} dashboards`;
    results.add(`${name}: committed / without`, "ratio", watched.committed / alone.committed);
    results.add(`${name}: 202 p99`, "ms", watched.p99);
    results.add(`${load.name}, none: 202 p99`, "ms", alone.p99);
  }
}

async function publish(rig: Rig, { size, connections, events }: (typeof LOADS)[number]) {
  const requests = rig.loads.requests(rig.url, events, size);
  const start = performance.now();
  const { latencies } = await closedLoop(rig.url, requests, connections);
  await rig.settled();
  return {
    committed: 1000 * events / (performance.now() - start),
    p99: percentile(latencies, 0.99),
  };
}

/** Runs something while dashboards look on, once each has had its first numbers. */
async function withDashboards<T>(service: URL, run: () => Promise<T>): Promise<T> {
  const close = new AbortController();
  const dashboards = Array.from({ length: DASHBOARDS }, () => open(service, close.signal));
  try {
    await Promise.all(dashboards.map(({ ready }) => ready));
    return await run();
  } finally {
    close.abort();
    await Promise.all(dashboards.map(({ closed }) => closed));
  }
}

/** A dashboard that looks on until the signal. */
function open(service: URL, signal: AbortSignal) {
  const ready = Promise.withResolvers<void>();
  const { seriesMs, byTopicMs } = windowOf(new URLSearchParams());
  const closed = Promise.allSettled([
    follow(new URL("/stream?types=stats", service), signal, ready),
    poll(new URL("/stats/timeseries", service), seriesMs, signal),
    poll(new URL("/stats/timeseries?by=topic", service), byTopicMs, signal),
  ]);
  return { ready: ready.promise, closed };
}

async function follow(url: URL, signal: AbortSignal, ready: PromiseWithResolvers<void>) {
  try {
    const reader = (await fetch(url)).body!.getReader();
    // An aborted `fetch` leaves a read that waits already without an end.
    signal.addEventListener("abort", () => reader.cancel());
    while (!(await reader.read()).done) ready.resolve();
  } catch (error) {
    ready.reject(error);
  }
}

async function poll(url: URL, everyMs: number, signal: AbortSignal) {
  while (!signal.aborted) {
    // Pages are opened at any moment, so their turns are spread.
    await setTimeout(everyMs * (0.5 + Math.random()), undefined, { signal });
    await (await fetch(url, { signal })).arrayBuffer();
  }
}
