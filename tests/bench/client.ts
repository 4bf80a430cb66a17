/**
 * A light HTTP/1.1 client over plain TCP: prebuilt requests in, statuses and latencies out. It shares
 * the machine with what it measures, so it does nothing that it need not: `fetch` costs many times as
 * much a request.
 */

/** What came of the requests of one run. */
export interface Sent {
  /** Requests answered with 202 or 200. */
  readonly accepted: number;
  /** Requests answered otherwise, by status. */
  readonly refused: ReadonlyMap<number, number>;
  /** From when a request was due until its answer was there, milliseconds, sorted. */
  readonly latencies: Float64Array;
  /** From the first request to the last answer, milliseconds. */
  readonly elapsedMs: number;
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/**
 * Makes the bytes of a request.
 *
 * @param url where to
 * @param body JSON
 */
export function request(url: URL, body: string): Uint8Array {
  const bytes = encoder.encode(body);
  const head = encoder.encode(
    `POST ${url.pathname} HTTP/1.1\r\nhost: ${url.host}\r\n` +
      `content-type: application/json\r\ncontent-length: ${bytes.length}\r\n\r\n`,
  );
  const all = new Uint8Array(head.length + bytes.length);
  all.set(head);
  all.set(bytes, head.length);
  return all;
}

/**
 * Sends requests as fast as their answers come: each connection has one on its way.
 *
 * @param connections how many, at least 1
 * @param limitMs after which no more are sent
 */
export async function closedLoop(
  url: URL,
  requests: readonly Uint8Array[],
  connections: number,
  limitMs = Infinity,
): Promise<Sent> {
  const tally = new Tally(requests.length);
  const end = performance.now() + limitMs;
  let next = 0;
  await withConnections(url, Math.min(connections, requests.length), async (connection) => {
    while (next < requests.length && performance.now() < end) {
      const sentAt = performance.now();
      tally.add(await exchange(connection, requests[next++]!), sentAt);
    }
  });
  return tally.sent();
}

/**
 * Sends requests at a fixed rate, whatever the answers do: latency counts from when a request was due, so
 * that one that had to wait for a slow one before it is not taken for a fast one.
 *
 * @param perSecond requests a second
 * @param connections how many may be on their way, at least 1
 */
export async function openLoop(
  url: URL,
  requests: readonly Uint8Array[],
  perSecond: number,
  connections: number,
): Promise<Sent> {
  const tally = new Tally(requests.length);
  const start = performance.now();
  let next = 0;
  await withConnections(url, Math.min(connections, requests.length), async (connection) => {
    while (next < requests.length) {
      const at = next++;
      const dueAt = start + 1000 * at / perSecond;
      const wait = dueAt - performance.now();
      if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait));
      // A timer is late by up to a millisecond of its own, which is not the server's.
      const from = wait > 0 ? performance.now() : dueAt;
      tally.add(await exchange(connection, requests[at]!), from);
    }
  });
  return tally.sent();
}

class Tally {
  readonly #latencies: Float64Array;
  readonly #refused = new Map<number, number>();
  readonly #start = performance.now();
  #answers = 0;
  #accepted = 0;

  constructor(requests: number) {
    this.#latencies = new Float64Array(requests);
  }

  add(status: number, fromMs: number) {
    this.#latencies[this.#answers++] = performance.now() - fromMs;
    if (status === 202 || status === 200) this.#accepted++;
    else this.#refused.set(status, (this.#refused.get(status) ?? 0) + 1);
  }

  sent(): Sent {
    return {
      accepted: this.#accepted,
      refused: this.#refused,
      latencies: this.#latencies.subarray(0, this.#answers).sort(),
      elapsedMs: performance.now() - this.#start,
    };
  }
}

/** A connection and its buffer for answers, none of which is longer. */
interface Connection {
  readonly tcp: Deno.TcpConn;
  readonly buffer: Uint8Array;
}

const ANSWER_BYTES = 64 * 1024;

async function withConnections(
  { hostname, port }: URL,
  count: number,
  run: (connection: Connection) => Promise<void>,
) {
  const open = Array.from({ length: count }, async () => {
    using tcp = await Deno.connect({ hostname, port: Number(port) });
    tcp.setNoDelay(true);
    await run({ tcp, buffer: new Uint8Array(ANSWER_BYTES) });
  });
  await Promise.all(open);
}

/** Sends one request and reads its answer; returns the status. */
async function exchange({ tcp, buffer }: Connection, bytes: Uint8Array): Promise<number> {
  for (let written = 0; written < bytes.length;) {
    written += await tcp.write(written === 0 ? bytes : bytes.subarray(written));
  }
  for (let length = 0;;) {
    const read = await tcp.read(length === 0 ? buffer : buffer.subarray(length));
    if (read === null) throw new Error("The service closed the connection");
    length += read;
    const answer = decoder.decode(buffer.subarray(0, length));
    const head = answer.indexOf("\r\n\r\n");
    if (head < 0) continue;
    const body = Number(/\r\ncontent-length: (\d+)/i.exec(answer)?.[1] ?? 0);
    if (length >= head + 4 + body) return Number(answer.slice(9, 12));
  }
}

/**
 * The value that a share of sorted values does not exceed.
 *
 * @param share 0 to 1
 *
 * @example
 * ```ts
 * import { strictEqual } from "node:assert";
 * import { percentile } from "./client.ts";
 *
 * strictEqual(percentile(Float64Array.of(1, 2, 3, 4), 0.5), 2);
 * ```
 */
export function percentile(sorted: Float64Array, share: number): number {
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? NaN;
}
