/**
 * How long a publisher waits for its 202 at a steady rate below saturation, and how long an event takes
 * until a page that looks on has it.
 */
import { closedLoop, openLoop, percentile } from "./client.ts";
import type { Gatherer } from "./results.ts";
import type { Rig } from "./rig.ts";

/** Shares of the saturation rate. */
const LOADS = [0.25, 0.5, 0.75];

const CONNECTIONS = 32;

/** Requests that find out the saturation rate, after which no more are sent; seconds of steady load. */
const LONG = { saturation: 40_000, limitMs: Infinity, seconds: 5 };
const QUICK = { saturation: 20_000, limitMs: 1_200, seconds: 1.5 };

/** One round, single events. @param say told what is measured next */
export async function measureLatency(
  rig: Rig,
  results: Gatherer,
  quick: boolean,
  say: (what: string) => void,
) {
  const { saturation, limitMs, seconds } = quick ? QUICK : LONG;
  say("saturation");
  const { accepted, elapsedMs } = await closedLoop(
    rig.url,
    rig.loads.requests(rig.url, saturation, 1),
    CONNECTIONS,
    limitMs,
  );
  await rig.settled();
  await flushDisk();
  const rate = 1000 * accepted / elapsedMs;
  for (const load of LOADS) {
    say(`${100 * load} % of it`);
    const perSecond = load * rate;
    const requests = rig.loads.requests(rig.url, Math.round(perSecond * seconds), 1);
    const { latencies } = await openLoop(rig.url, requests, perSecond, CONNECTIONS);
    await rig.settled();
    for (
      const [name, share] of [["p50", 0.5], ["p95", 0.95], ["p99", 0.99], ["p99.9", 0.999]] as const
    ) {
      results.add(
        `202 at ${100 * load} % of saturation, single events: ${name}`,
        "ms",
        percentile(latencies, share),
      );
    }
  }
}

/**
 * Puts on disk what earlier parts have left in the system's cache: else it is written meanwhile, and the
 * syncs that a 202 waits for have to wait for it.
 */
async function flushDisk() {
  await new Deno.Command("sync").output().catch(() => {});
}
