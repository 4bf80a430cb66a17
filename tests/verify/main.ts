/**
 * `deno task verify`: proves on a throw-away instance, by killing it, that nothing acknowledged is
 * lost, nothing is stored twice, and counters are exact, whatever dies and whenever.
 *
 * A run is rounds on the same data directories, one of each aggregator (group.ts). A round (round.ts):
 * start the service, publish (publishers.ts), let the planned fault (plan.ts) strike (faults.ts), let it
 * heal, wait until nothing is pending, and judge (judge.ts) what PostgreSQL holds (store.ts) by what was
 * answered (ledger.ts). The first round that fails ends the run, and its data are kept.
 */
import { Group } from "./group.ts";
import { isFlawless } from "./judge.ts";
import { HELP, type Options, parseOptions, UsageError } from "./options.ts";
import { planRound } from "./plan.ts";
import { conclusion, count, details, failure, roundLine, table } from "./report.ts";
import { isPassed, type RoundResult, Rounds } from "./round.ts";

const print = (...lines: string[]) => console.log(lines.join("\n"));

/** Runs the command; returns its exit status. */
async function main(): Promise<number> {
  try {
    const options = parseOptions(Deno.args);
    if (options !== "help") return await verify(options);
    print(HELP.trimEnd());
    return 0;
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    console.error(`verify: ${error.message}`);
    return 2;
  }
}

async function verify(options: Options): Promise<number> {
  const signal = listenToSignals();
  const stopped = new Promise<number>((resolve) => signal.onabort = () => resolve(signal.reason));
  const group = await Group.open(options.topology);
  let status = 1;
  try {
    status = await Promise.race([prove(group, options, signal), stopped]);
  } finally {
    await group.end({ keep: status === 1 });
  }
  if (status === 1) {
    print(`Data, and the log of the service, are kept in ${group.directories.join(" and ")}`);
  }
  return status;
}

/** Runs the rounds and looks at all of them again; returns the exit status. */
async function prove(
  group: Group,
  { seed, rounds, topology }: Options,
  signal: AbortSignal,
): Promise<number> {
  print(`Seed ${seed}, data in ${group.directories.join(" and ")}`);
  const run = new Rounds(seed, group);
  const results: RoundResult[] = [];
  for (const round of rounds) {
    const result = await run.run(planRound(seed, round, topology));
    signal.throwIfAborted();
    results.push(result);
    print(roundLine(result, results.length, rounds.length));
    if (isPassed(result)) continue;
    print(...failure(seed, result));
    break;
  }
  const ok = results.every(isPassed) && await holdsInAll(run);
  print("", ...table(results), "", conclusion(seed, results, ok));
  return ok ? 0 : 1;
}

/** Looks at all keys of all rounds again: what a later round has done to them would show now. */
async function holdsInAll(run: Rounds): Promise<boolean> {
  const { keys, findings, appliedEntries } = await run.judgeAll();
  const ok = isFlawless(findings);
  print(
    `All ${count(keys)} keys again: ${ok ? "as they must be" : "FAIL"}; ` +
      `${count(appliedEntries)} applied entries are remembered`,
    ...details(findings),
  );
  return ok;
}

/**
 * Aborts at Ctrl-C, or when the process is asked to end, for the usual status of that signal. A
 * terminal's Ctrl-C comes once more by way of the task runner: the first counts.
 */
function listenToSignals(): AbortSignal {
  const controller = new AbortController();
  for (const [signal, status] of [["SIGINT", 130], ["SIGTERM", 143]] as const) {
    Deno.addSignalListener(signal, () => controller.abort(status));
  }
  return controller.signal;
}

if (import.meta.main) Deno.exit(await main());
