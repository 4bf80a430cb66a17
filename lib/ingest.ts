/**
 * Step 2 of the path: a request becomes a batch of valid events.
 *
 * Guarantees: all events of a request are taken or none is, unless the publisher asked for the good
 * ones; those of a plain JSON body go on byte for byte, the parsed values are dropped here.
 *
 *   body.ts, encoding.ts   the bytes, bounded, inflated
 *   json.ts                one event, or an array of events
 *   ndjson.ts              an event a line
 *   cloudevents_http.ts    CloudEvents 1.0 in their three modes, cloudevents.ts what they are for us
 *   batch.ts               what comes of it
 */
import { ProblemError } from "./errors.ts";
import type { Batch, ReadOptions } from "./ingest/batch.ts";
import { isBinary, readBatched, readBinary, readStructured } from "./ingest/cloudevents_http.ts";
import { readJson } from "./ingest/json.ts";
import { readNdjson } from "./ingest/ndjson.ts";

export type { Batch, Key } from "./ingest/batch.ts";

/** Reads the batch of a request. */
type Reader = (request: Request, options: ReadOptions) => Promise<Batch>;

const ACCEPT = "application/json, application/x-ndjson, application/cloudevents+json, " +
  "application/cloudevents-batch+json";

/**
 * Reads the batch of a `POST /publish`.
 *
 * @throws {ProblemError} 400 malformed, 413 too large or too many, 415 of a type or an encoding that is
 * not taken, 422 not all valid
 */
export function readBatch(request: Request, options: ReadOptions): Promise<Batch> {
  const type = request.headers.get("content-type");
  const [essence = ""] = (type ?? "").split(";", 1);
  const read = readerOf(request.headers, essence.trim().toLowerCase());
  if (read !== undefined) return read(request, options);
  throw new ProblemError(
    "unsupported-media-type",
    `Send one of ${ACCEPT}${type === null ? "" : `, not ${type}`}`,
    { headers: { accept: ACCEPT } },
  );
}

function readerOf(headers: Headers, type: string): Reader | undefined {
  if (type === "application/cloudevents+json") return readStructured;
  if (type === "application/cloudevents-batch+json") return readBatched;
  if (isBinary(headers)) return readBinary;
  if (/^application\/(?:x-ndjson|ndjson|jsonl)$/.test(type)) return readNdjson;
  if (/^application\/(?:[\w.-]+\+)?json$/.test(type)) return readJson;
  return undefined;
}
