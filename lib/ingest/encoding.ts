/**
 * Compressed bodies, inflated a little at a time, so that one which would burst the bound on a body is
 * found out before it has.
 */
import { ProblemError, reason } from "../errors.ts";
import { INFLATE_BYTES } from "./limits.ts";
import { paced } from "./pace.ts";

/** By the name that `Content-Encoding` gives it. */
const FORMATS: ReadonlyMap<string, CompressionFormat> = new Map([
  ["gzip", "gzip"],
  ["x-gzip", "gzip"],
  ["deflate", "deflate"],
]);

/**
 * Gives the body of a request as its publisher knew it before it was compressed.
 *
 * @param timeoutMs longest time without a byte
 * @throws {ProblemError} 408 if it comes too slowly, 400 if it is not what `Content-Encoding` says, 415 if that is unknown
 */
export function inflate(request: Request, timeoutMs: number): AsyncIterable<Uint8Array> {
  const body = paced(request.body ?? new Blob().stream(), timeoutMs);
  const encoding = request.headers.get("content-encoding")?.trim().toLowerCase() ?? "identity";
  if (encoding === "identity" || encoding === "") return body;
  const format = FORMATS.get(encoding);
  if (format === undefined) {
    throw new ProblemError(
      "unsupported-encoding",
      `Send the body as it is, or with one Content-Encoding of gzip and deflate, not ${encoding}`,
      { headers: { "accept-encoding": "gzip, deflate" } },
    );
  }
  return inflateBody(body, format);
}

async function* inflateBody(
  body: AsyncIterable<Uint8Array<ArrayBuffer>>,
  format: CompressionFormat,
): AsyncGenerator<Uint8Array, void, void> {
  // An error of the body itself is not one of its encoding.
  let broken: unknown;
  const source = ReadableStream.from(sliced(body, (error) => broken = error));
  try {
    yield* source.pipeThrough(new DecompressionStream(format));
  } catch (error) {
    if (broken !== undefined) throw broken;
    throw new ProblemError("corrupt-encoding", `The body is not ${format}: ${reason(error)}`);
  }
}

/** What is put in at once comes out at once: a thousand times as much, if someone wants it so. */
async function* sliced(
  body: AsyncIterable<Uint8Array<ArrayBuffer>>,
  onError: (error: unknown) => void,
): AsyncGenerator<Uint8Array<ArrayBuffer>, void, void> {
  try {
    for await (const chunk of body) {
      for (let at = 0; at < chunk.length; at += INFLATE_BYTES) {
        yield chunk.subarray(at, at + INFLATE_BYTES);
      }
    }
  } catch (error) {
    onError(error);
    throw error;
  }
}
