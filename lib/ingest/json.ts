/**
 * One event as JSON, or an array of events: the bytes go on as they came.
 */
import { type Event, findFieldErrors } from "../event.ts";
import { splitValues } from "../json_text.ts";
import { type Batch, BatchBuilder, invalid, judgeEvent } from "./batch.ts";
import { type DecodeOptions, keyOf, type ReadOptions, requireCount } from "./batch.ts";
import { readBytes } from "./body.ts";
import { type Parsed, parseJson } from "./parse.ts";

/** Reads the batch of a request whose body is JSON. @throws {ProblemError} 400, 413, 415, 422 */
export async function readJson(request: Request, options: ReadOptions): Promise<Batch> {
  return decodeBatch(await readBytes(request, options), options);
}

/**
 * Decodes and validates a body.
 *
 * @param body one event or an array of events, as JSON in UTF-8
 * @throws {ProblemError} 400 not JSON, 403 a topic of others, 413 too many events, 422 not all valid
 */
export function decodeBatch(
  body: Uint8Array,
  options: DecodeOptions,
): Batch {
  const parsed = parseJson(body);
  const many = Array.isArray(parsed.value);
  const events: readonly unknown[] = many ? parsed.value as unknown[] : [parsed.value];
  requireCount(events.length, options.maxBatchEvents);
  const errors = findFieldErrors(events, parsed.text);
  if (errors.length > 0 && !(options.partial && many)) throw invalid(errors);
  if (errors.length > 0 || !mayPublish(events, options)) return pickGood(parsed, events, options);
  return {
    events: events.length,
    json: many ? withoutBrackets(body) : body,
    eventId: many ? undefined : keyOf(parsed.value, 0).event_id,
    keys: options.withKeys ? events.map(keyOf) : undefined,
    rejected: options.partial && many ? [] : undefined,
  };
}

/** Whether all events, which are valid, have topics that the publisher may publish to. */
function mayPublish(events: readonly unknown[], { mayPublishTo }: DecodeOptions): boolean {
  return mayPublishTo === undefined ||
    events.every((event) => mayPublishTo((event as Event).topic));
}

/** Of events some of which may not be taken, the others. */
function pickGood(
  { value, text }: Parsed,
  events: readonly unknown[],
  options: DecodeOptions,
): Batch {
  const many = Array.isArray(value);
  const batch = new BatchBuilder(options);
  const texts = many
    ? splitValues(text.slice(text.indexOf("[") + 1, text.lastIndexOf("]")))
    : [text];
  for (const [index, value] of events.entries()) {
    batch.add(index, () => judgeEvent({ value, text: texts[index]! }));
  }
  return batch.finish(!many);
}

/** What stands between the brackets of a JSON array. */
function withoutBrackets(body: Uint8Array): Uint8Array {
  return body.subarray(body.indexOf(0x5b) + 1, body.lastIndexOf(0x5d));
}
