/**
 * What `deno task bench` is asked to do: flags over defaults, checked once.
 */
import { parseArgs } from "node:util";
import { newSeed } from "../../publisher/generate.ts";

/** A flag that cannot be used; its message is one line. */
export class UsageError extends Error {}

/** Text of `--help`. */
export const HELP = `Usage: deno task bench [options]

Measures a throw-away instance with a PostgreSQL of its own: throughput, also as a share of what the
same statement reaches straight from the driver in the same run, latencies, the cost of each step.

  --quick          less of everything, and no dashboards: under two minutes
  --full           also bytes an event, JetStream, growth to ten million rows, and ten minutes of steady load
  --rounds N       rounds, whose medians are printed (5; quick: 3)
  --only NAME,...  only these parts: ${"throughput, latency, live, dashboards, steps, original, size, jetstream, growth, soak"}
  --json FILE      also writes the results as JSON
  --compare FILE   also prints each figure's ratio to that of an earlier FILE
  --seed TEXT      the same seed makes the same keys (a new one each run, printed)
  -h, --help       this text

Exit status: 0 measured, 1 not so, 2 bad usage.
`;

export const PARTS = [
  "throughput",
  "latency",
  "live",
  "dashboards",
  "steps",
  "original",
  "size",
  "jetstream",
  "growth",
  "soak",
] as const;

export type Part = typeof PARTS[number];

/** Parts that take long, or a server of NATS, are measured only where they are asked for. */
const LONG: readonly Part[] = ["size", "jetstream", "growth", "soak"];

/** What a quick run leaves out besides. */
const NOT_QUICK: readonly Part[] = [...LONG, "dashboards"];

/** A run, completely decided. */
export interface Options {
  readonly parts: readonly Part[];
  readonly quick: boolean;
  readonly rounds: number;
  readonly seed: string;
  readonly json: string | undefined;
  readonly compare: string | undefined;
}

const MAX_ROUNDS = 100;

/**
 * Reads the command line.
 *
 * @param args command line without the program; one leading `--` is skipped
 * @returns the options, or `"help"` if asked for
 * @throws {UsageError} if a flag is unknown or a value is out of bounds
 */
export function parseOptions(args: readonly string[]): Options | "help" {
  const flags = parseFlags(args[0] === "--" ? args.slice(1) : [...args]);
  if (flags.help) return "help";
  const { quick = false, full = false } = flags;
  if (quick && full) throw new UsageError("--quick and --full exclude each other");
  return {
    parts: flags.only === undefined
      ? PARTS.filter((part) => full || !(quick ? NOT_QUICK : LONG).includes(part))
      : parts(flags.only),
    quick,
    rounds: rounds(flags.rounds ?? (quick ? "3" : "5")),
    seed: seed(flags.seed),
    json: flags.json,
    compare: flags.compare,
  };
}

function parseFlags(args: string[]) {
  try {
    return parseArgs({
      args,
      options: {
        quick: { type: "boolean" },
        full: { type: "boolean" },
        rounds: { type: "string" },
        only: { type: "string" },
        json: { type: "string" },
        compare: { type: "string" },
        seed: { type: "string" },
        help: { type: "boolean", short: "h" },
      },
    }).values;
  } catch (error) {
    // node:util explains over several lines at times; the first says what is wrong.
    throw new UsageError((error as Error).message.split("\n")[0]);
  }
}

function parts(text: string): Part[] {
  return text.split(",").map((name) => {
    const part = PARTS.find((one) => one === name.trim());
    if (part === undefined) {
      throw new UsageError(`--only knows ${PARTS.join(", ")}, not "${name}"`);
    }
    return part;
  });
}

function rounds(text: string): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= 1 && value <= MAX_ROUNDS) return value;
  throw new UsageError(`--rounds must be an integer from 1 to ${MAX_ROUNDS}, is "${text}"`);
}

function seed(text = newSeed()): string {
  if (/^[\w.-]{1,64}$/.test(text)) return text;
  throw new UsageError(`--seed must be 1 to 64 letters, digits, '.', '_' or '-', is "${text}"`);
}
