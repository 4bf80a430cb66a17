/**
 * The publisher: a load generator that delivers at least once, repeats some events on purpose, and ends
 * with a comparison of what it sent with what the server counted.
 *
 * A run: read the options, read the counters, send ({@linkcode load}), wait until nothing is pending
 * ({@linkcode settle}), read the counters again, compare. Needs permission for the network and for the
 * environment variables in {@linkcode ENVIRONMENT}, and nothing else.
 */
import { batches, plannedDuplicates } from "./generate.ts";
import { load, Tally } from "./load.ts";
import { ENVIRONMENT, HELP, type Options, parseOptions, UsageError } from "./options.ts";
import { createProgress, createTeller } from "./progress.ts";
import { agrees, committed, compare, count, type Sent, summary, verdict } from "./report.ts";
import { DELAYS, RequestError } from "./request.ts";
import { stopOnSignal } from "./signals.ts";
import { type Counters, readCounters, settle, statsUrl } from "./stats.ts";

/** Time without a new minimum of `pending` after which a run ends as not committed. */
const SETTLE_LIMIT_MS = 60_000;

/** The same for events of earlier publishers, which may go on and on. */
const EARLIER_LIMIT_MS = 5_000;

const print = (lines: string[]) => console.log(lines.join("\n"));

/** Runs the publisher; returns its exit status. */
async function main(): Promise<number> {
  const environment = Object.fromEntries(ENVIRONMENT.map((name) => [name, Deno.env.get(name)]));
  try {
    const options = parseOptions(Deno.args, environment);
    if (options === "help") {
      print([HELP.trimEnd()]);
      return 0;
    }
    return await run(options);
  } catch (error) {
    if (!(error instanceof UsageError || error instanceof RequestError)) throw error;
    console.error(`publish: ${error.message}`);
    return error instanceof UsageError ? 2 : 1;
  }
}

async function run(options: Options): Promise<number> {
  const tally = new Tally();
  const retry = { ...DELAYS, timeoutMs: options.timeoutMs, retryForMs: options.retryForMs };
  const progress = createProgress(tally, options.events, Deno.stderr.isTerminal());
  stopOnSignal(() => {
    progress.stop();
    print([...summary(tally), "Stopped: what was committed was not compared."]);
  });

  print(announce(options));
  const tell = createTeller();
  const read = async () => {
    const counters = await readCounters(
      statsUrl(options.url),
      options.token,
      retry,
      (failure) => tell(failure.message),
    );
    if (counters.pending > 0) tell(`${count(counters.pending)} events not yet committed`);
    return counters;
  };
  const before = options.check ? await settle(read, EARLIER_LIMIT_MS) : undefined;

  progress.start();
  try {
    await load(batches(options, options.batch), { ...options, retry }, tally);
  } catch (error) {
    progress.stop();
    print(summary(tally));
    throw error;
  }
  progress.stop();
  print(summary(tally));
  return before ? await check(options, tally, before, read) : 0;
}

/** Waits until all is committed and compares the counters; returns the exit status. */
async function check(
  options: Options,
  tally: Tally,
  before: Counters,
  read: () => Promise<Counters>,
): Promise<number> {
  const after = await settle(read, SETTLE_LIMIT_MS);
  if (after.pending > 0) {
    throw new RequestError(
      `Not all committed: ${count(after.pending)} events pending, ` +
        `no progress for ${SETTLE_LIMIT_MS / 1000} s`,
    );
  }
  print([committed(tally.events, performance.now() - tally.startedAt)]);
  const sent: Sent = {
    events: tally.events,
    unique: tally.unique,
    inDoubtEvents: tally.inDoubtEvents,
    freshKeys: options.freshSeed,
  };
  const rows = compare(sent, before, after);
  print(verdict(rows, sent));
  return rows.every(agrees) ? 0 : 1;
}

function announce(options: Options): string[] {
  const repeats = plannedDuplicates(options);
  const pace = options.eventsPerSecond === undefined
    ? ""
    : `, ${count(options.eventsPerSecond)} events/s`;
  return [
    `Publishing ${count(options.events)} events, ${
      count(repeats)
    } of them repeats, to ${options.url}`,
    `Batches of ${
      count(options.batch)
    }, ${options.concurrency} at once${pace}, seed ${options.seed}`,
  ];
}

if (import.meta.main) Deno.exit(await main());
