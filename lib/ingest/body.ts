/**
 * The bytes of a request, never more than may come at once.
 */
import { ProblemError } from "../errors.ts";
import type { Config } from "../config.ts";
import { SMALL_BODY_BYTES } from "./limits.ts";
import { inflate } from "./encoding.ts";
import { inTime } from "./pace.ts";

/** What a body may be: at most so large, compressed and inflated, and not too slow. */
export type BodyLimits = Pick<Config, "maxBodyBytes" | "bodyTimeoutMs">;

/**
 * Reads a body in chunks as they arrive, inflated where it came compressed.
 *
 * @throws {ProblemError} 400 corrupt or cut off, 408 too slow, 413 too large, 415 unknown encoding
 */
export async function* readChunks(
  request: Request,
  { maxBodyBytes, bodyTimeoutMs }: BodyLimits,
): AsyncGenerator<Uint8Array, void, void> {
  requireLength(request, maxBodyBytes);
  let bytes = 0;
  for await (const chunk of inflate(request, bodyTimeoutMs)) {
    bytes += chunk.length;
    if (bytes > maxBodyBytes) throw tooLarge(maxBodyBytes);
    yield chunk;
  }
}

/** Reads a body whole; parameters and errors are those of {@linkcode readChunks}. */
export async function readBytes(request: Request, limits: BodyLimits): Promise<Uint8Array> {
  const { headers } = request;
  const length = headers.get("content-length");
  const small = length !== null && Number(length) <= SMALL_BODY_BYTES;
  if (small && !headers.has("content-encoding")) {
    requireLength(request, limits.maxBodyBytes);
    return await inTime(request.bytes(), limits.bodyTimeoutMs);
  }
  const chunks = await Array.fromAsync(readChunks(request, limits));
  return new Uint8Array(await new Blob(chunks as BlobPart[]).arrayBuffer());
}

function requireLength(request: Request, maxBytes: number) {
  if (Number(request.headers.get("content-length")) > maxBytes) throw tooLarge(maxBytes);
}

function tooLarge(maxBytes: number) {
  return new ProblemError("body-too-large", `At most ${maxBytes} bytes may come at once`);
}
