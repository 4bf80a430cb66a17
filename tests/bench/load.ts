/**
 * What is sent: requests made ahead, of events that were never sent before, three in ten of them repeats.
 */
import { batches, type Plan } from "../../publisher/generate.ts";
import { request } from "./client.ts";

/** Share of events that repeat an earlier one of the same load. */
export const DUPLICATE_RATE = 0.3;

/** How ids follow each other: it decides how much of the index a batch touches. */
export type Ids = "time-ordered" | "random";

/** Makes loads that differ from each other, from one seed. */
export class Loads {
  readonly #seed: string;
  #made = 0;

  constructor(seed: string) {
    this.#seed = seed;
  }

  /** A plan for so many events. */
  plan(events: number): Plan {
    return {
      seed: `${this.#seed}/${++this.#made}`,
      events,
      duplicateRate: DUPLICATE_RATE,
      topics: 3,
      sameTopicDuplicates: true,
    };
  }

  /** Bodies of requests, `size` events each. */
  bodies(events: number, size: number, ids: Ids = "time-ordered"): string[] {
    const change = ids === "random" ? withRandomIds : (body: string) => body;
    return Array.from(batches(this.plan(events), size), ({ body }) => change(body));
  }

  /** Requests, `size` events each. */
  requests(url: URL, events: number, size: number, ids?: Ids): Uint8Array[] {
    return this.bodies(events, size, ids).map((body) => request(url, body));
  }
}

/** A UUIDv7 begins with its time and ends with random digits: backwards it comes in no order. */
function withRandomIds(body: string): string {
  return body.replaceAll(
    /"event_id":"([^"]+)"/g,
    (_, id: string) => `"event_id":"${[...id].reverse().join("")}"`,
  );
}
