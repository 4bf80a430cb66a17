/**
 * A little server for tests of the publisher: keeps what it is sent, counts by key, answers as told.
 */
import type { RetryPolicy } from "../../publisher/request.ts";

/** A publish request at a stub. */
export interface Exchange {
  body: string;
  /** Number of the request, from 1. */
  n: number;
  /** Counts the events and answers as the real server does. */
  accept(): Response;
  /** Answers when the stub is closed, which is never as far as the client can tell. */
  hang(): Promise<Response>;
}

/** How a stub answers a publish request; unless told, it accepts. */
export type Answer = (exchange: Exchange) => Response | Promise<Response>;

/** A running stub; disposing of it closes it. */
export class Stub implements AsyncDisposable {
  readonly bodies: string[] = [];
  readonly authorizations: (string | null)[] = [];
  /** Deliveries by key. */
  readonly deliveries = new Map<string, number>();
  readonly counters = { received: 0, unique_processed: 0, duplicate_dropped: 0, dead_letters: 0 };
  readonly url: URL;
  readonly #closing = Promise.withResolvers<Response>();
  readonly #server: Deno.HttpServer<Deno.NetAddr>;

  constructor(answer?: Answer, port = 0) {
    this.#server = Deno.serve({ port, hostname: "127.0.0.1", onListen() {} }, async (request) => {
      this.authorizations.push(request.headers.get("authorization"));
      if (new URL(request.url).pathname === "/stats") {
        return Response.json({ ...this.counters, pending: 0 });
      }
      const body = await request.text();
      const n = this.bodies.push(body);
      const hang = () => this.#closing.promise;
      const accept = () => this.#accept(body);
      return await (answer ?? accept)({ body, n, accept, hang });
    });
    this.url = new URL(`http://127.0.0.1:${this.#server.addr.port}/publish`);
  }

  #accept(body: string): Response {
    const parsed = JSON.parse(body);
    const events = Array.isArray(parsed) ? parsed : [parsed];
    for (const { event_id, topic } of events) {
      const key = `${event_id} ${topic}`;
      const before = this.deliveries.get(key) ?? 0;
      this.deliveries.set(key, before + 1);
      this.counters.received++;
      this.counters[before === 0 ? "unique_processed" : "duplicate_dropped"]++;
    }
    const told = Array.isArray(parsed)
      ? { accepted: events.length }
      : { event_id: parsed.event_id };
    return Response.json({ status: "accepted", ...told }, { status: 202 });
  }

  async [Symbol.asyncDispose]() {
    this.#closing.resolve(new Response(null, { status: 204 }));
    await this.#server.shutdown();
  }
}

/** A policy with delays of a millisecond or two; what `Retry-After` asked for is noted, not waited for. */
export function fastPolicy(changes: Partial<RetryPolicy> = {}) {
  const waits: number[] = [];
  const policy: RetryPolicy = {
    timeoutMs: 5_000,
    retryForMs: 5_000,
    startingDelayMs: 1,
    maxDelayMs: 2,
    wait: (ms) => Promise.resolve(void waits.push(ms)),
    ...changes,
  };
  return { policy, waits };
}
