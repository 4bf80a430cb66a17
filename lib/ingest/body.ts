/**
 * The bytes of a request, never more than may come at once.
 */
import { ProblemError } from "../errors.ts";
import { inflate } from "./encoding.ts";

/**
 * Reads a body in chunks as they arrive, inflated where it came compressed.
 *
 * @param maxBytes the most that it may hold, compressed and inflated
 * @throws {ProblemError} 400 corrupt encoding, 413 too large, 415 unknown encoding
 */
export async function* readChunks(
  request: Request,
  maxBytes: number,
): AsyncGenerator<Uint8Array, void, void> {
  requireLength(request, maxBytes);
  let bytes = 0;
  for await (const chunk of inflate(request)) {
    bytes += chunk.length;
    if (bytes > maxBytes) throw tooLarge(maxBytes);
    yield chunk;
  }
}

/** Reads a body whole; parameters and errors are those of {@linkcode readChunks}. */
export async function readBytes(request: Request, maxBytes: number): Promise<Uint8Array> {
  const { headers } = request;
  if (headers.has("content-length") && !headers.has("content-encoding")) {
    requireLength(request, maxBytes);
    return await request.bytes();
  }
  const chunks = await Array.fromAsync(readChunks(request, maxBytes));
  return new Uint8Array(await new Blob(chunks as BlobPart[]).arrayBuffer());
}

function requireLength(request: Request, maxBytes: number) {
  if (Number(request.headers.get("content-length")) > maxBytes) throw tooLarge(maxBytes);
}

function tooLarge(maxBytes: number) {
  return new ProblemError(413, "Body too large", `At most ${maxBytes} bytes may come at once`);
}
