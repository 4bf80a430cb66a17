/**
 * Step 2 of the path: a request becomes events in the journal.
 *
 * Guarantees: all events of a request are accepted or none is; what is accepted is on disk before the
 * answer leaves; the raw JSON is what goes on, the parsed values are dropped here.
 */
import type { Config } from "./config.ts";
import { ProblemError } from "./errors.ts";
import { findFieldErrors } from "./event.ts";

/** The events of one request, decoded and valid. */
export interface Batch {
  /** How many. */
  readonly events: number;
  /** Them as they came: JSON, separated by commas. */
  readonly json: Uint8Array;
  /** The id of the event where a single one came, not in an array. */
  readonly eventId: string | undefined;
}

/**
 * Reads the batch of a `POST /publish`.
 *
 * @throws {ProblemError} 400 not JSON, 413 too large, 415 not JSON by its type, 422 not all valid
 */
export async function readBatch(
  request: Request,
  limits: Pick<Config, "maxBodyBytes" | "maxBatchEvents">,
): Promise<Batch> {
  requireJson(request.headers.get("content-type"));
  return decodeBatch(await readBody(request, limits.maxBodyBytes), limits.maxBatchEvents);
}

/**
 * Decodes and validates a body.
 *
 * @param body one event or an array of events, as JSON in UTF-8
 * @param maxEvents the most that an array may hold
 * @throws {ProblemError} 400 not JSON, 413 too many events, 422 not all valid
 */
export function decodeBatch(body: Uint8Array, maxEvents: number): Batch {
  const { value, text } = parse(body);
  const many = Array.isArray(value);
  const events: readonly unknown[] = many ? value : [value];
  if (events.length > maxEvents) {
    throw new ProblemError(
      413,
      "Too many events",
      `The request holds ${events.length} events, at most ${maxEvents} may come at once`,
    );
  }
  const errors = findFieldErrors(events, text);
  if (errors.length > 0) {
    throw new ProblemError(422, "Invalid event", "Nothing of this request was stored", { errors });
  }
  return {
    events: events.length,
    json: many ? withoutBrackets(body) : body,
    eventId: many ? undefined : (value as { event_id: string }).event_id,
  };
}

function requireJson(type: string | null) {
  if (type !== null && /^application\/(?:[\w.-]+\+)?json\s*(?:;|$)/i.test(type)) return;
  throw new ProblemError(
    415,
    "Unsupported media type",
    type === null ? "Send application/json" : `Send application/json, not ${type}`,
    { headers: { accept: "application/json" } },
  );
}

async function readBody(request: Request, maxBytes: number): Promise<Uint8Array> {
  const declared = request.headers.get("content-length");
  if (declared !== null) {
    if (Number(declared) > maxBytes) throw tooLarge(maxBytes);
    return await request.bytes();
  }
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of request.body ?? []) {
    bytes += chunk.length;
    if (bytes > maxBytes) throw tooLarge(maxBytes);
    chunks.push(chunk);
  }
  return new Uint8Array(await new Blob(chunks as BlobPart[]).arrayBuffer());
}

function tooLarge(maxBytes: number) {
  return new ProblemError(413, "Body too large", `At most ${maxBytes} bytes may come at once`);
}

const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

function parse(body: Uint8Array): { value: unknown; text: string } {
  try {
    const text = decoder.decode(body);
    return { value: JSON.parse(text), text };
  } catch (error) {
    throw new ProblemError(
      400,
      "Malformed JSON",
      error instanceof SyntaxError ? error.message : "The body is not valid UTF-8",
    );
  }
}

/** What stands between the brackets of a JSON array. */
function withoutBrackets(body: Uint8Array): Uint8Array {
  return body.subarray(body.indexOf(0x5b) + 1, body.lastIndexOf(0x5d));
}
