/**
 * CloudEvents 1.0 as events of ours.
 *
 * `id` becomes `event_id`, `type` the `topic`, `source` stays, `time` becomes the `timestamp` (the time
 * of arrival where there is none) and `data` the `payload`:
 *
 * - an object with a string `content` is the payload as it is;
 * - a text is `{content: text}`, and no data at all `{content: ""}`;
 * - bytes (`data_base64`; in binary mode a body that is no text) are `{content: "", data_base64}`;
 * - anything else is `{content: its JSON, data}`.
 *
 * All other attributes (`subject`, `datacontenttype`, `dataschema`, extensions) stand in
 * `payload.metadata` under their own names. A payload that brings a member of the same name in its
 * metadata, or metadata that is no object, counts as "anything else": nothing is overwritten.
 */
import { z } from "zod";
import type { FieldError } from "../errors.ts";
import { type Event, eventSchema, findFieldErrors, SAY_MISSING } from "../event.ts";
import type { Candidate } from "./batch.ts";
import { TOO_DEEP } from "./parse.ts";

/** A CloudEvent in its JSON form. */
export const cloudEventSchema = z.object({
  specversion: z.literal("1.0"),
  id: eventSchema.shape.event_id,
  type: eventSchema.shape.topic,
  source: eventSchema.shape.source,
  time: eventSchema.shape.timestamp.optional(),
  subject: z.string().min(1).optional(),
  datacontenttype: z.string().min(1).optional(),
  dataschema: z.string().min(1).optional(),
  data: z.unknown().optional(),
  data_base64: z.base64().optional(),
}).catchall(
  z.union([z.string(), z.boolean(), z.int32()], "must be a text, a boolean or a whole number"),
).refine(
  ({ data, data_base64 }) => data === undefined || data_base64 === undefined,
  "has both data and data_base64",
).meta({ id: "CloudEvent", description: "An event as CloudEvents 1.0 has it" });

type CloudEvent = z.infer<typeof cloudEventSchema>;

/**
 * Judges a CloudEvent, and makes an event of it.
 *
 * @param sent its JSON form, numbers perhaps kept as they were written
 * @param arrivedAt when it came
 */
export function judgeCloudEvent(sent: unknown, arrivedAt: Date): Candidate {
  const value = withoutNulls(sent);
  try {
    const errors = findCloudEventErrors(value);
    if (errors.length > 0) return { text: "", value, errors };
    const event = toEvent(value as CloudEvent, arrivedAt);
    const text = JSON.stringify(event);
    const unstorable = findFieldErrors([event], text);
    return {
      text,
      value: event,
      errors: unstorable.map(({ path, message }) => ({ path: asCloudEvent(path), message })),
    };
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return { text: "", value, errors: [{ path: "data", message: TOO_DEEP }] };
  }
}

/** What is wrong with its attributes. */
function findCloudEventErrors(value: unknown): Omit<FieldError, "index">[] {
  const { error } = cloudEventSchema.safeParse(value, SAY_MISSING);
  if (error !== undefined) {
    return error.issues.map(({ path, message }) => ({ path: path.join("."), message }));
  }
  return Object.keys(value as CloudEvent)
    .filter((name) => name !== "data_base64" && !/^[a-z0-9]+$/.test(name))
    .map((name) => ({ path: name, message: "is no name of an attribute: only a-z and 0-9 are" }));
}

/** An attribute that is null is one that is not there. */
function withoutNulls(value: unknown): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(
    Object.entries(value).filter(([name, member]) => name === "data" || member !== null),
  );
}

function toEvent(cloudEvent: CloudEvent, arrivedAt: Date): Event {
  const { id, type, source, time } = cloudEvent;
  return {
    topic: type,
    event_id: id,
    timestamp: time ?? arrivedAt.toISOString(),
    source,
    payload: toPayload(cloudEvent),
  };
}

function toPayload(
  { specversion: _, id: _id, type: _type, source: _source, time: _time, ...rest }: CloudEvent,
): Event["payload"] {
  const { data, data_base64, ...metadata } = rest;
  const payload = data_base64 === undefined ? ofData(data, metadata) : { content: "", data_base64 };
  if (Object.keys(metadata).length === 0) return payload;
  return { ...payload, metadata: { ...payload.metadata, ...metadata } };
}

function ofData(data: unknown, metadata: object): Event["payload"] {
  if (data === undefined) return { content: "" };
  if (typeof data === "string") return { content: data };
  const payload = eventSchema.shape.payload.safeParse(data);
  const taken = Object.keys(payload.data?.metadata ?? {});
  if (payload.success && !taken.some((name) => name in metadata)) return data as Event["payload"];
  return { content: JSON.stringify(data), data };
}

const OUR_NAMES: readonly (readonly [RegExp, string])[] = [
  [/^event_id$/, "id"],
  [/^topic$/, "type"],
  [/^timestamp$/, "time"],
  [/^payload\.metadata\./, ""],
  [/^payload\.content$/, "data"],
  [/^payload\.data(?=\.|$)/, "data"],
  [/^payload(?=\.|$)/, "data"],
];

/** The place of an error as the publisher knows it. */
function asCloudEvent(path: string): string {
  const found = OUR_NAMES.find(([ours]) => ours.test(path));
  return found === undefined ? path : path.replace(found[0], found[1]);
}
