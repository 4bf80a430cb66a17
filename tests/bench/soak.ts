/**
 * Ten minutes of steady load: does memory or the journal's files grow?
 */
import { openLoop } from "./client.ts";
import type { Gatherer } from "./results.ts";
import type { Rig } from "./rig.ts";

const MINUTES = 10;
const BATCH = 100;
const CONNECTIONS = 8;

/** Requests a second: 20,000 events, about a quarter of what two cores commit. */
const PER_SECOND = 200;

/** Measures each minute. */
export async function measureSoak(rig: Rig, results: Gatherer, say: (line: string) => void) {
  for (let minute = 1; minute <= MINUTES; minute++) {
    const requests = rig.loads.requests(rig.url, 60 * PER_SECOND * BATCH, BATCH);
    await openLoop(rig.url, requests, PER_SECOND, CONNECTIONS);
    const { journal_bytes } = await rig.stats();
    const { resident } = await rig.memory();
    say(`soak: minute ${minute}, ${Math.round(resident)} MiB resident`);
    results.add("soak: resident memory, by the minute", "MiB", resident);
    results.add("soak: journal's files, by the minute", "MiB", journal_bytes / 2 ** 20);
  }
}
