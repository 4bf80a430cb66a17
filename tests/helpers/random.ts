/**
 * Random numbers that a failed test can be run with again: its seed is printed, and taken from the
 * environment variable `TEST_SEED` where that is set.
 */

/** A source of random numbers. */
export interface Random {
  /** A whole number from 0 to one below `bound`. */
  below(bound: number): number;
  /** One of them. */
  pick<T>(choices: readonly T[]): T;
  /** All of them, in another order. */
  shuffled<T>(values: readonly T[]): T[];
}

/** Starts a new sequence and prints its seed. */
export function newRandom(): Random {
  const given = Deno.env.get("TEST_SEED");
  const seed = given === undefined ? crypto.getRandomValues(new Uint32Array(1))[0]! : Number(given);
  console.log(`seed ${seed}`);
  return randomFrom(seed);
}

/** The sequence of a seed (mulberry32). */
export function randomFrom(seed: number): Random {
  let state = seed;
  const next = () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const below = (bound: number) => Math.floor(next() * bound);
  return {
    below,
    pick: (choices) => choices[below(choices.length)]!,
    shuffled(values) {
      const shuffled = [...values];
      for (let at = shuffled.length - 1; at > 0; at--) {
        const other = below(at + 1);
        [shuffled[at], shuffled[other]] = [shuffled[other]!, shuffled[at]!];
      }
      return shuffled;
    },
  };
}
