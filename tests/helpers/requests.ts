/**
 * Requests to publish, and those that are refused.
 */
import assert from "node:assert/strict";
import { ProblemError } from "../../lib/errors.ts";

/** Bounds that tests can reach. */
export const LIMITS = { maxBodyBytes: 10_000, maxBatchEvents: 5, bodyTimeoutMs: 10_000 };

/** A `POST /publish`. */
export function request(body: BodyInit, headers: Record<string, string> = {}): Request {
  return new Request("http://localhost/publish", {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body,
  });
}

/** Asserts that a request is refused with a status; gives back its problem. */
export async function assertRefused(status: number, read: () => unknown): Promise<ProblemError> {
  try {
    await read();
  } catch (error) {
    assert.ok(error instanceof ProblemError, String(error));
    assert.equal(error.status, status, error.message);
    return error;
  }
  throw new Error(`Expected ${status}, was accepted`);
}

/** A body in pieces, cut at the given places. */
export function pieces(bytes: Uint8Array, cuts: Iterable<number>): ReadableStream<Uint8Array> {
  const places = [0, ...[...cuts].toSorted((a, b) => a - b), bytes.length];
  return ReadableStream.from(places.slice(1).map((to, at) => bytes.subarray(places[at], to)));
}

/** Compresses bytes whole. */
export async function compress(
  bytes: Uint8Array<ArrayBuffer>,
  format: CompressionFormat,
): Promise<Uint8Array<ArrayBuffer>> {
  const stream = new Blob([bytes]).stream().pipeThrough(new CompressionStream(format));
  return await new Response(stream).bytes();
}
