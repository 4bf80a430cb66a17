/**
 * Step 1 of the path: what an event is.
 *
 * An event that passes here is one that PostgreSQL can hold: names of 1 to 255 characters, an instant
 * that `timestamptz` takes, text without U+0000 or lone surrogates, numbers in the range of a double.
 * The raw JSON is what travels and is stored, so that numbers keep all their digits; the parsed value
 * only decides. What it does not show is left to PostgreSQL, which makes a dead letter of it: digits
 * beyond the 16,383rd decimal place, and what a later member of the same name hides.
 */
import { z } from "zod";
import type { FieldError } from "./errors.ts";
import { holdsBadText, isBadText } from "./json_text.ts";
import {
  MAX_ERROR_CHARACTERS,
  MAX_FIELD_ERRORS,
  MAX_INSTANT_CHARACTERS,
  MAX_NAME_CHARACTERS,
  MAX_PAYLOAD_DEPTH,
} from "./limits.ts";

/** What is said of a field that does not stand there at all. */
const MISSING = "is missing";

const NAME_LENGTH = `must be 1 to ${MAX_NAME_CHARACTERS} characters long`;

const name = z.string().min(1, NAME_LENGTH).max(MAX_NAME_CHARACTERS, NAME_LENGTH);

/**
 * An instant that `timestamptz` holds and gives back as ISO 8601: with a zone within 15:59 of UTC, in
 * the years 1 to 9999 also when told in UTC and rounded to microseconds.
 */
export const instantSchema = z.iso.datetime({
  offset: true,
  abort: true,
  error: ({ input }) =>
    input === undefined ? MISSING : "must be ISO 8601 with a zone, such as 2026-11-22T09:30:00Z",
}).max(MAX_INSTANT_CHARACTERS).refine(
  (text) =>
    /(?:Z|[+-](?:0\d|1[0-5]):\d\d)$/.test(text) &&
    (!/^(?:000[01]|9999)/.test(text) || isWithinYears(Date.parse(text))),
  "must lie in the years 1 to 9999, its zone within 15:59 of UTC",
);

function isWithinYears(ms: number): boolean {
  return ms >= Date.parse("0001-01-01T00:00:00Z") && ms < Date.parse("9999-12-31T23:59:59.999Z");
}

/** An event as publishers send it. */
export const eventSchema = z.strictObject({
  topic: name,
  event_id: name,
  timestamp: instantSchema,
  source: name,
  payload: z.looseObject({
    content: z.string(),
    metadata: z.record(z.string(), z.unknown()).nullish(),
  }),
}).meta({ id: "Event", description: "An event; its key is `event_id` and `topic` together" });

/** The same, judged by code that is made of it once: some six times as fast where the event is good. */
const compiledSchema = z.compile(eventSchema);

/** Names what is not there; an option of zod's `safeParse`. */
export const SAY_MISSING = {
  error: ({ input }: { input?: unknown }) => input === undefined ? MISSING : undefined,
};

/** An event as publishers send it. */
export type Event = z.infer<typeof eventSchema>;

/**
 * Says what is wrong with events, or nothing if all are good.
 *
 * @param events parsed JSON values, each meant to be an event
 * @param text the JSON they were parsed from; tells cheaply whether it can hold what PostgreSQL cannot
 * @returns at most {@linkcode MAX_FIELD_ERRORS} errors, in the order of the events
 */
export function findFieldErrors(events: readonly unknown[], text: string): FieldError[] {
  const errors: FieldError[] = [];
  const checkText = MAYBE_BAD_TEXT.test(text);
  for (let index = 0; index < events.length && errors.length < MAX_FIELD_ERRORS; index++) {
    const parsed = compiledSchema.safeParse(events[index], SAY_MISSING);
    if (parsed.success) {
      const error = findUnstorable(events[index], 0, checkText);
      if (error !== undefined) errors.push({ index, ...error });
    } else {
      for (const { path, message } of parsed.error.issues) {
        errors.push({ index, path: path.join("."), message });
      }
    }
  }
  if (checkText && errors.length === 0 && holdsBadText(text)) {
    errors.push({ path: "", message: `${BAD_TEXT}, in a member that is named twice` });
  }
  return errors.slice(0, MAX_FIELD_ERRORS).map(shorten);
}

// JSON can write U+0000 and lone surrogates only as escapes; where there is none, no text is bad.
const MAYBE_BAD_TEXT = /\\u(?:0000|d[89a-f])/i;

/** What PostgreSQL cannot hold, and where in the value it stands. */
interface Unstorable {
  readonly path: string;
  readonly message: string;
}

/** The first thing in a value that PostgreSQL cannot hold. */
function findUnstorable(value: unknown, depth: number, checkText: boolean): Unstorable | undefined {
  if (typeof value === "string") {
    return checkText && isBadText(value) ? { path: "", message: BAD_TEXT } : undefined;
  }
  if (typeof value === "number") {
    return Number.isFinite(value) ? undefined : { path: "", message: BEYOND_DOUBLE };
  }
  if (typeof value !== "object" || value === null) return undefined;
  if (depth > MAX_PAYLOAD_DEPTH) {
    return { path: "", message: `nests deeper than ${MAX_PAYLOAD_DEPTH} levels` };
  }
  for (const key in value) {
    if (checkText && isBadText(key)) return { path: key, message: BAD_TEXT };
    const error = findUnstorable((value as Record<string, unknown>)[key], depth + 1, checkText);
    // Paths are put together only where there is an error: this runs for each member of each event.
    if (error !== undefined) return { ...error, path: join(key, error.path) };
  }
  return undefined;
}

function join(name: string, path: string): string {
  return path === "" ? name : `${name}.${path}`;
}

const BAD_TEXT = "holds U+0000 or a lone surrogate";
const BEYOND_DOUBLE = "is a number beyond the range of a double (1.8e308)";

/** An answer is not to be larger than its request. */
function shorten({ path, message, ...rest }: FieldError): FieldError {
  return {
    ...rest,
    path: path.slice(0, MAX_ERROR_CHARACTERS),
    message: message.slice(0, MAX_ERROR_CHARACTERS),
  };
}
