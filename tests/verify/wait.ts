/**
 * Waiting for what must come about, with a bound: running into it is a failure of the round.
 */
import { delay } from "../../lib/delay.ts";
import { LOOK_MS } from "./limits.ts";

/** Something that must not happen, in one line: the round has failed. */
export class RoundError extends Error {}

/**
 * Asks again and again until there is an answer.
 *
 * @param what is waited for, for the error
 * @param ask gives undefined as long as it has not come about
 * @throws {RoundError} if it did not come about within `limitMs`, and whatever `ask` throws
 */
export async function waitFor<T>(
  what: string,
  limitMs: number,
  ask: () => T | undefined | Promise<T | undefined>,
): Promise<T> {
  const deadline = performance.now() + limitMs;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    if (performance.now() >= deadline) {
      throw new RoundError(`${what}: not within ${limitMs / 1000} s`);
    }
    await delay(LOOK_MS);
  }
}
