/**
 * How long an event takes from its request to a page that looks on, where nothing else runs.
 */
import { EventSourceParserStream } from "eventsource-parser/stream";
import { percentile } from "./client.ts";
import type { Gatherer } from "./results.ts";
import type { Rig } from "./rig.ts";

const EVENTS = 50;
const QUICK_EVENTS = 20;

/** One round. */
export async function measureLive(rig: Rig, results: Gatherer, quick: boolean) {
  const events = quick ? QUICK_EVENTS : EVENTS;
  const controller = new AbortController();
  const stream = await fetch(new URL("/stream?types=event", rig.url), {
    signal: controller.signal,
  });
  const frames = stream.body!.pipeThrough(new TextDecoderStream())
    .pipeThrough(new EventSourceParserStream()).getReader();
  const latencies = new Float64Array(events);
  for (const [at, body] of rig.loads.bodies(events, 1).entries()) {
    // Each is new to the store: a repeat is not stored again, and no page hears of it.
    const id = crypto.randomUUID();
    const start = performance.now();
    const response = await fetch(rig.url, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: body.replace(/"event_id":"[^"]+"/, `"event_id":"${id}"`),
    });
    await response.body?.cancel();
    for (;;) {
      const { value } = await frames.read();
      if (value === undefined) throw new Error("The stream ended");
      if (value.event === "event" && value.data.includes(id)) break;
    }
    latencies[at] = performance.now() - start;
  }
  controller.abort();
  latencies.sort();
  results.add("one event, through to the stream: p50", "ms", percentile(latencies, 0.5));
  results.add("one event, through to the stream: p99", "ms", percentile(latencies, 0.99));
}
