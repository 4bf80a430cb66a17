/**
 * Sends batches: a fixed number of loops pull from one generator, so at most that many bodies exist.
 *
 * Guarantees: when {@linkcode load} returns, each batch was answered with a success at least once; the
 * tally tells how many events were sent twice without knowing whether the first time had counted.
 */
import { createHistogram } from "node:perf_hooks";
import { cpuUsage } from "node:process";
import type { Batch } from "./generate.ts";
import { request, type RetryPolicy } from "./request.ts";

/** Latencies are kept to three digits, in µs; longer ones count as this. */
const MAX_LATENCY_US = 24 * 3600 * 1e6;

/** How batches are sent. */
export interface LoadOptions {
  url: URL;
  token: string | undefined;
  /** Requests under way at once. */
  concurrency: number;
  /** Schedule of an open loop; unset: each loop sends as soon as its last request is answered. */
  eventsPerSecond: number | undefined;
  retry: RetryPolicy;
}

/** What a run has done so far. */
export class Tally {
  /** Events answered with a success. */
  events = 0;
  /** Of these, first deliveries of their key. */
  unique = 0;
  requests = 0;
  retries = 0;
  /** Events sent again although the server may have accepted them before, once per such retry. */
  inDoubtEvents = 0;
  lastFailure = "";
  /** When the first request was sent and when the last was answered, on `performance.now()`. */
  startedAt = performance.now();
  endedAt: number | undefined;
  /** Time that this process has computed between the two, ms. */
  busyMs = 0;
  readonly #latencyUs = createHistogram({ lowest: 1, highest: MAX_LATENCY_US, figures: 3 });

  /** Counts a batch that was accepted `latencyMs` after it was due. */
  accept(batch: Batch, latencyMs: number) {
    this.events += batch.events;
    this.unique += batch.unique;
    this.requests++;
    this.#latencyUs.record(Math.min(Math.max(1, Math.round(latencyMs * 1000)), MAX_LATENCY_US));
  }

  /** Time spent sending, in ms, until now or until the end. */
  elapsedMs(): number {
    return (this.endedAt ?? performance.now()) - this.startedAt;
  }

  /** A latency percentile in ms, 0 before the first answer. */
  latencyMs(percentile: number): number {
    return this.requests === 0 ? 0 : this.#latencyUs.percentile(percentile) / 1000;
  }
}

/** Headers that every request of a run carries. */
export function headers(token: string | undefined): Record<string, string> {
  return token === undefined ? {} : { authorization: `Bearer ${token}` };
}

/**
 * Sends every batch until it is accepted.
 *
 * @param batches pulled one at a time, by whichever loop is free
 * @param tally changed as answers arrive
 * @param onAccepted called after each accepted batch
 * @throws {RequestError} at the first batch that is refused or given up; others may then be under way
 */
export async function load(
  batches: Iterator<Batch, void>,
  options: LoadOptions,
  tally: Tally,
  onAccepted: () => void = () => {},
): Promise<void> {
  const init = {
    method: "POST",
    headers: { "content-type": "application/json", ...headers(options.token) },
  };
  let scheduled = 0; // events handed to a loop so far
  let failed = false;
  tally.startedAt = performance.now();
  const before = cpuUsage();

  async function loop() {
    for (let next = batches.next(); !next.done && !failed; next = batches.next()) {
      const batch = next.value;
      let dueAt = performance.now();
      if (options.eventsPerSecond !== undefined) {
        // Waiting for a free loop counts as latency, or a slow server would hide its own delays.
        dueAt = tally.startedAt + scheduled / options.eventsPerSecond * 1000;
        scheduled += batch.events;
        await until(dueAt);
      }
      await request(options.url, { ...init, body: batch.body }, options.retry, (failure) => {
        tally.retries++;
        if (failure.inDoubt) tally.inDoubtEvents += batch.events;
        tally.lastFailure = failure.message;
      });
      tally.accept(batch, performance.now() - dueAt);
      onAccepted();
    }
  }

  const loops = Array.from({ length: options.concurrency }, () =>
    loop().catch((error) => {
      failed = true;
      throw error;
    }));
  await Promise.all(loops).finally(() => {
    const { user, system } = cpuUsage(before);
    tally.busyMs = (user + system) / 1000;
    tally.endedAt = performance.now();
  });
}

async function until(dueAt: number) {
  const ms = dueAt - performance.now();
  if (ms > 0) await new Promise((resolve) => setTimeout(resolve, ms));
}
