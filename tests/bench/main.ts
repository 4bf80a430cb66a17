/**
 * `deno task bench`: how fast, on this machine, and how close to what PostgreSQL itself can do.
 *
 * A run starts the service with a PostgreSQL of its own (rig.ts), repeats the short parts for some
 * rounds, so that each is measured at several times of a machine whose speed drifts, and prints medians
 * (results.ts). Loads are made ahead (load.ts) and sent by a client that costs little (client.ts).
 */
import { natsIsMissing } from "../helpers/nats.ts";
import { measureDashboards } from "./dashboards.ts";
import { measureGrowth } from "./growth.ts";
import { measureJetStream, Streams } from "./jetstream.ts";
import { measureLatency } from "./latency.ts";
import { measureLive } from "./live.ts";
import { HELP, type Options, parseOptions, type Part, UsageError } from "./options.ts";
import { measureOriginal } from "./original.ts";
import { plannedSeconds } from "./quick.ts";
import { Gatherer, type Results, table } from "./results.ts";
import { Rig } from "./rig.ts";
import { measureSize } from "./size.ts";
import { measureSoak } from "./soak.ts";
import { measureSteps } from "./steps.ts";
import { measureThroughput } from "./throughput.ts";

const print = (...lines: string[]) => console.log(lines.join("\n"));
const say = (line: string) =>
  console.error(`[${String(Math.round(performance.now() / 1000)).padStart(3)} s] ${line}`);

/** Runs the command; returns its exit status. */
async function main(): Promise<number> {
  try {
    const options = parseOptions(Deno.args);
    if (options !== "help") return await bench(options);
    print(HELP.trimEnd());
    return 0;
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    console.error(`bench: ${error.message}`);
    return 2;
  }
}

async function bench(options: Options): Promise<number> {
  if (options.parts.includes("jetstream") && natsIsMissing) {
    throw new UsageError("jetstream needs nats-server (apt-get install nats-server)");
  }
  const earlier = options.compare === undefined ? undefined : await readResults(options.compare);
  const results = new Gatherer();
  const planned = options.quick ? plannedSeconds(options) : NaN;
  if (planned > 0) say(`about ${Math.round(planned)} s in all, if nothing else runs`);
  const rig = await Rig.start(options.seed);
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    Deno.addSignalListener(signal, async () => {
      await rig[Symbol.asyncDispose]();
      Deno.exit(130);
    });
  }
  let machine: Results["machine"];
  try {
    machine = await describe(rig, options);
    print(...Object.entries(machine).map(([name, value]) => `${name.padEnd(12)}${value}`), "");
    await runParts(rig, results, options);
  } finally {
    await rig[Symbol.asyncDispose]();
  }
  if (options.parts.includes("size")) await measureSize(options.seed, results, say);
  if (options.parts.includes("growth")) await measureGrowth(options.seed, results, say);
  const { figures } = results;
  print(...table(figures, earlier?.figures));
  if (options.json !== undefined) {
    await Deno.writeTextFile(options.json, JSON.stringify({ machine, figures }, null, 2) + "\n");
  }
  return 0;
}

async function runParts(rig: Rig, results: Gatherer, { parts, quick, rounds, seed }: Options) {
  await using streams = parts.includes("jetstream") ? await Streams.start(seed) : undefined;
  const short: Partial<Record<Part, (say: (what: string) => void) => Promise<void>>> = {
    throughput: (say) => measureThroughput(rig, results, quick, say),
    latency: (say) => measureLatency(rig, results, quick, say),
    live: () => measureLive(rig, results, quick),
    dashboards: () => measureDashboards(rig, results, quick),
    steps: () => measureSteps(rig, results, quick),
    original: () => measureOriginal(rig, results, quick),
    ...(streams && { jetstream: () => measureJetStream(rig, streams, results, quick) }),
  };
  say("warm-up");
  await rig.bare(WARM_UP_EVENTS);
  for (let round = 1; round <= rounds; round++) {
    for (const part of parts) {
      if (short[part] === undefined) continue;
      const line = `round ${round} of ${rounds}: ${part}`;
      say(line);
      await short[part]((what) => say(`${line}, ${what}`));
    }
  }
  if (parts.includes("soak")) await measureSoak(rig, results, say);
}

/** Events that are applied before anything counts: the first statements are planned and cached. */
const WARM_UP_EVENTS = 50_000;

async function describe(rig: Rig, { seed, rounds }: Options): Promise<Results["machine"]> {
  const cpu = await Deno.readTextFile("/proc/cpuinfo").catch(() => "");
  const { consumers, database } = await rig.stats();
  return {
    processor: /^model name\s*:\s*(.+)$/m.exec(cpu)?.[1] ?? Deno.build.arch,
    cores: navigator.hardwareConcurrency,
    memory: `${Math.round(Deno.systemMemoryInfo().total / 2 ** 30)} GiB`,
    deno: Deno.version.deno,
    postgresql: database.version,
    consumers: consumers.length,
    rounds,
    seed,
  };
}

async function readResults(path: string): Promise<Results> {
  try {
    return JSON.parse(await Deno.readTextFile(path));
  } catch (error) {
    throw new UsageError(`Cannot read ${path}: ${(error as Error).message}`);
  }
}

if (import.meta.main) Deno.exit(await main());
