/**
 * What `deno task verify` is asked to do: flags over defaults, checked once.
 */
import { parseArgs } from "node:util";
import { natsIsMissing } from "../helpers/nats.ts";
import { newSeed } from "../../publisher/generate.ts";
import type { Topology } from "./plan.ts";

/** A flag that cannot be used; its message is one line. */
export class UsageError extends Error {}

/** Text of `--help`. */
export const HELP = `Usage: deno task verify [options]

Proves on a throw-away instance, by killing it, that nothing acknowledged is lost, nothing is
stored twice, and counters are exact. Each round publishes with repeats, makes something die,
lets it heal, and compares what PostgreSQL holds with what was answered.

  --rounds N       how many (10)
  --seed TEXT      the same seed plans the same rounds again (a new one each run, printed)
  --round K        only round K of the seed
  --topology NAME  one aggregator; several: two on one PostgreSQL, publishers turn to both; jetstream: one,
                   through a stream of NATS, and a process that consumes; or cluster: two, two processes
                   that consume, three servers of NATS; each of which dies, too (one)
  -h, --help       this text

Exit status: 0 all proven, 1 not so, 2 bad usage, 130 Ctrl-C (143 SIGTERM).
`;

/** A run, completely decided. */
export interface Options {
  readonly seed: string;
  /** Numbers of the rounds to run, the first is 1. */
  readonly rounds: readonly number[];
  readonly topology: Topology;
}

const TOPOLOGIES: readonly Topology[] = ["one", "several", "jetstream", "cluster"];

const MAX_ROUNDS = 10_000;

/**
 * Reads the command line.
 *
 * @param args command line without the program; one leading `--` is skipped, as other task runners want it
 * @returns the options, or `"help"` if asked for
 * @throws {UsageError} if a flag is unknown or a value is out of bounds
 */
export function parseOptions(args: readonly string[]): Options | "help" {
  const flags = parseFlags(args[0] === "--" ? args.slice(1) : [...args]);
  if (flags.help) return "help";
  if (flags.round !== undefined && flags.rounds !== undefined) {
    throw new UsageError("--round and --rounds exclude each other");
  }
  return {
    seed: seed(flags.seed),
    rounds: flags.round === undefined
      ? Array.from({ length: whole("--rounds", flags.rounds ?? "10") }, (_, at) => at + 1)
      : [whole("--round", flags.round)],
    topology: topology(flags.topology),
  };
}

function parseFlags(args: string[]) {
  try {
    return parseArgs({
      args,
      options: {
        rounds: { type: "string" },
        seed: { type: "string" },
        round: { type: "string" },
        topology: { type: "string" },
        help: { type: "boolean", short: "h" },
      },
    }).values;
  } catch (error) {
    // node:util explains over several lines at times; the first says what is wrong.
    throw new UsageError((error as Error).message.split("\n")[0]);
  }
}

function whole(flag: string, text: string): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= 1 && value <= MAX_ROUNDS) return value;
  throw new UsageError(`${flag} must be an integer from 1 to ${MAX_ROUNDS}, is "${text}"`);
}

function topology(text = "one"): Topology {
  const known = TOPOLOGIES.find((one) => one === text);
  const needsNats = known === "jetstream" || known === "cluster";
  if (needsNats && natsIsMissing) {
    throw new UsageError(`--topology ${known} needs nats-server (apt-get install nats-server)`);
  }
  if (known !== undefined) return known;
  throw new UsageError(`--topology must be ${TOPOLOGIES.join(", ")}, is "${text}"`);
}

function seed(text = newSeed()): string {
  if (/^[\w.-]{1,64}$/.test(text)) return text;
  throw new UsageError(`--seed must be 1 to 64 letters, digits, '.', '_' or '-', is "${text}"`);
}
