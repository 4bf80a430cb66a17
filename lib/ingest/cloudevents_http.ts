/**
 * The HTTP binding of CloudEvents 1.0: structured (one event as JSON), batch (an array of them) and
 * binary (attributes in `ce-` headers, data in the body).
 */
import { ProblemError } from "../errors.ts";
import { isBadText } from "../json_text.ts";
import { type Batch, BatchBuilder, type ReadOptions } from "./batch.ts";
import { readBytes } from "./body.ts";
import { judgeCloudEvent } from "./cloudevents.ts";
import { parseExactly } from "./parse.ts";

/** Reads a CloudEvent in structured mode. @throws {ProblemError} 400, 413, 415, 422 */
export async function readStructured(request: Request, options: ReadOptions): Promise<Batch> {
  const value = parseExactly(await readBytes(request, options));
  return toBatch([value], true, options);
}

/** Reads CloudEvents in batch mode. @throws {ProblemError} 400, 413, 415, 422 */
export async function readBatched(request: Request, options: ReadOptions): Promise<Batch> {
  const values = parseExactly(await readBytes(request, options));
  if (Array.isArray(values)) return toBatch(values, false, options);
  throw new ProblemError("invalid-event", "A batch of CloudEvents is a JSON array", {
    errors: [{ path: "", message: "is not an array" }],
  });
}

/** Whether a request is a CloudEvent in binary mode, where its type is none of CloudEvents. */
export function isBinary(headers: Headers): boolean {
  return headers.has("ce-specversion");
}

/** Reads a CloudEvent in binary mode. @throws {ProblemError} 400, 413, 415, 422 */
export async function readBinary(request: Request, options: ReadOptions): Promise<Batch> {
  const body = await readBytes(request, options);
  const type = request.headers.get("content-type") ?? undefined;
  const value = {
    ...attributesOf(request.headers),
    ...(type === undefined ? {} : { datacontenttype: type }),
    ...dataOf(body, type),
  };
  return toBatch([value], true, options);
}

function toBatch(values: readonly unknown[], single: boolean, options: ReadOptions): Batch {
  const arrivedAt = new Date();
  const batch = new BatchBuilder(single ? { ...options, partial: false } : options, "type");
  for (const [index, value] of values.entries()) {
    batch.add(index, () => judgeCloudEvent(value, arrivedAt));
  }
  return batch.finish(single);
}

function attributesOf(headers: Headers): Record<string, string> {
  return Object.fromEntries(
    [...headers].filter(([name]) => name.startsWith("ce-"))
      .map(([name, value]) => [name.slice("ce-".length), decodeHeader(value)]),
  );
}

/**
 * Decodes the value of a header: quotes around it, then percent-encoded UTF-8. A `%` that encodes
 * nothing is left, since there are publishers that encode nothing.
 *
 * @example
 * ```ts
 * import { strictEqual } from "node:assert";
 * import { decodeHeader } from "./cloudevents_http.ts";
 *
 * strictEqual(decodeHeader("Caf%C3%A9%20%E2%98%95"), "Café ☕");
 * strictEqual(decodeHeader('"a \\"b\\""'), 'a "b"');
 * strictEqual(decodeHeader("100%"), "100%");
 * ```
 */
export function decodeHeader(value: string): string {
  const quoted = /^"(.*)"$/s.exec(value)?.[1];
  const text = quoted === undefined ? value : quoted.replaceAll(/\\(.)/gs, "$1");
  return text.replaceAll(/(?:%[0-9a-f]{2})+/gi, (encoded) => {
    try {
      return decodeURIComponent(encoded);
    } catch {
      return encoded;
    }
  });
}

/** The data of a body: JSON by its type, else a text where it is one. */
function dataOf(body: Uint8Array, type: string | undefined) {
  if (body.length === 0) return {};
  if (type !== undefined && /^[^;]*[/+]json\s*(?:;|$)/i.test(type)) {
    return { data: parseExactly(body) };
  }
  const text = textOf(body);
  return text === undefined ? { data_base64: body.toBase64() } : { data: text };
}

const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Bytes as a text; undefined if they are none that can be stored. */
function textOf(bytes: Uint8Array): string | undefined {
  try {
    const text = decoder.decode(bytes);
    return isBadText(text) ? undefined : text;
  } catch {
    return undefined;
  }
}
