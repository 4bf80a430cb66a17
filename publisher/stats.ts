/**
 * The server's counters: read from `GET /stats`, and awaited until all that was accepted is committed.
 */
import { z } from "zod";
import { headers } from "./load.ts";
import { request, RequestError, type RetryPolicy, type TemporaryFailure } from "./request.ts";

const counters = z.object({
  received: z.number(),
  unique_processed: z.number(),
  duplicate_dropped: z.number(),
  dead_letters: z.number(),
  pending: z.number(),
});

/** What the server has counted, in events. */
export type Counters = z.infer<typeof counters>;

/** How often `pending` is asked for: often at first, as small runs settle in milliseconds. */
export const POLL = { firstMs: 10, factor: 1.5, maxMs: 250 };

/**
 * Where the counters of a publish address are.
 *
 * @example
 * ```ts
 * import { statsUrl } from "./stats.ts";
 * const url = statsUrl(new URL("http://localhost:8080/publish"));
 * if (url.href !== "http://localhost:8080/stats") throw new Error();
 * ```
 */
export function statsUrl(publishUrl: URL): URL {
  return new URL("stats", publishUrl);
}

/**
 * Reads the counters.
 *
 * @param url as {@linkcode statsUrl} gives it
 * @param onRetry called before each retry with what went wrong
 * @throws {RequestError} if the server refuses, stays away, or answers something else
 */
export async function readCounters(
  url: URL,
  token: string | undefined,
  retry: RetryPolicy,
  onRetry: (failure: TemporaryFailure) => void = () => {},
): Promise<Counters> {
  const text = await request(url, { headers: headers(token) }, retry, onRetry);
  try {
    return counters.parse(JSON.parse(text));
  } catch (error) {
    const field = error instanceof z.ZodError
      ? `: "${error.issues[0]?.path.join(".")}" is wrong`
      : "";
    throw new RequestError(`GET ${url} did not answer the counters${field}`);
  }
}

/**
 * Waits until nothing is pending.
 *
 * @param read one look at the counters
 * @param limitMs time without progress, that is without a new minimum of `pending`, to wait at most
 * @returns the last look; its `pending` is above 0 if the limit was reached
 */
export async function settle(read: () => Promise<Counters>, limitMs: number): Promise<Counters> {
  let least = Infinity;
  let progressAt = performance.now();
  let delayMs = POLL.firstMs;
  while (true) {
    const counters = await read();
    if (counters.pending < least) {
      least = counters.pending;
      progressAt = performance.now();
    }
    if (counters.pending === 0 || performance.now() - progressAt >= limitMs) return counters;
    await new Promise((resolve) => setTimeout(resolve, delayMs));
    delayMs = Math.min(delayMs * POLL.factor, POLL.maxMs);
  }
}
