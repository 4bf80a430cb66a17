/**
 * A start waits for the servers that it needs.
 */
import { backOff } from "exponential-backoff";
import { RETRY_FIRST_MS, RETRY_LONGEST_MS } from "./limits.ts";

/** What a start waits for. */
export interface Waiting {
  /** Longest that it does. */
  readonly withinMs: number;
  /** Whether an error may be gone by itself. */
  mayPass(error: unknown): boolean;
  /** Called once, where it has to wait. */
  onWait(error: unknown): void;
}

/**
 * Asks again while that may help.
 *
 * @throws whatever `ask` throws, if it does not pass in time
 */
export async function waitUntilUp<T>(
  ask: () => Promise<T>,
  { withinMs, mayPass, onWait }: Waiting,
): Promise<T> {
  const deadline = Date.now() + withinMs;
  return await backOff(ask, {
    jitter: "full",
    numOfAttempts: Infinity,
    startingDelay: RETRY_FIRST_MS,
    maxDelay: RETRY_LONGEST_MS,
    retry: (error, attempt) => {
      if (!mayPass(error) || Date.now() >= deadline) return false;
      if (attempt === 1) onWait(error);
      return true;
    },
  });
}
