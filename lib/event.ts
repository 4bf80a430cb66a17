/**
 * Step 1 of the path: what an event is.
 *
 * An event that passes here is one that PostgreSQL can hold: names of 1 to 255 characters, an instant
 * that `timestamptz` takes, text without U+0000 or lone surrogates. The raw JSON is what travels and
 * is stored, so that numbers keep all their digits; the parsed value only decides.
 */
import { z } from "zod";
import type { FieldError } from "./errors.ts";
import { MAX_FIELD_ERRORS, MAX_NAME_CHARACTERS, MAX_PAYLOAD_DEPTH } from "./limits.ts";

/** What is said of a field that does not stand there at all. */
const MISSING = "is missing";

const name = z.string().min(1).max(MAX_NAME_CHARACTERS);

/** PostgreSQL knows no year 0, and zones up to 15:59 from UTC. */
const instant = z.iso.datetime({
  offset: true,
  abort: true,
  error: ({ input }) =>
    input === undefined ? MISSING : "must be ISO 8601 with a zone, such as 2026-11-22T09:30:00Z",
}).regex(
  /^(?!0000).*(?:Z|[+-](?:0\d|1[0-5]):\d\d)$/,
  "must lie in the years 1 to 9999, its zone within 15:59 of UTC",
);

/** An event as publishers send it. */
export const eventSchema = z.strictObject({
  topic: name,
  event_id: name,
  timestamp: instant,
  source: name,
  payload: z.looseObject({
    content: z.string(),
    metadata: z.record(z.string(), z.unknown()).nullish(),
  }),
});

const SAY_MISSING = {
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
  const checkText = MAYBE_UNSTORABLE.test(text);
  for (let index = 0; index < events.length && errors.length < MAX_FIELD_ERRORS; index++) {
    const parsed = eventSchema.safeParse(events[index], SAY_MISSING);
    if (parsed.success) {
      const error = findUnstorable(events[index], "", 0, checkText);
      if (error !== undefined) errors.push({ index, ...error });
    } else {
      for (const { path, message } of parsed.error.issues) {
        errors.push({ index, path: path.join("."), message });
      }
    }
  }
  if (checkText && errors.length === 0 && HOLDS_NUL.test(text)) {
    errors.push({ path: "", message: "holds U+0000 in a member that is named twice" });
  }
  return errors.slice(0, MAX_FIELD_ERRORS);
}

/**
 * Splits events that stand side by side, each as it was written.
 *
 * @param json valid JSON objects separated by commas
 *
 * @example
 * ```ts
 * import { deepStrictEqual } from "node:assert";
 * import { splitEvents } from "./event.ts";
 *
 * deepStrictEqual(splitEvents('{"a":"},{"} , {"b":[1,{}]}'), ['{"a":"},{"}', '{"b":[1,{}]}']);
 * ```
 */
export function splitEvents(json: string): string[] {
  const events: string[] = [];
  let depth = 0, start = 0;
  // Strings are passed over whole, so that only brackets of the structure count.
  for (const { 0: token, index } of json.matchAll(/"(?:[^"\\]|\\.)*"|[[\]{}]/g)) {
    if (token === "{" || token === "[") {
      if (depth++ === 0) start = index;
    } else if (token === "}" || token === "]") {
      if (--depth === 0) events.push(json.slice(start, index + 1));
    }
  }
  return events;
}

// JSON can write U+0000 and lone surrogates only as escapes; where there is none, no text is bad.
const MAYBE_UNSTORABLE = /\\u(?:0000|d[89a-f])/i;
const HOLDS_NUL = /(?<!\\)(?:\\\\)*\\u0000/;

/** The first thing in a value that PostgreSQL cannot hold. */
function findUnstorable(
  value: unknown,
  path: string,
  depth: number,
  checkText: boolean,
): { path: string; message: string } | undefined {
  if (typeof value === "string") return checkText ? findBadText(value, path) : undefined;
  if (typeof value !== "object" || value === null) return undefined;
  if (depth > MAX_PAYLOAD_DEPTH) {
    return { path: path.slice(0, 80), message: `nests deeper than ${MAX_PAYLOAD_DEPTH} levels` };
  }
  for (const key in value) {
    const member = (value as Record<string, unknown>)[key];
    const below = path === "" ? key : `${path}.${key}`;
    const error = (checkText ? findBadText(key, below) : undefined) ??
      findUnstorable(member, below, depth + 1, checkText);
    if (error !== undefined) return error;
  }
  return undefined;
}

function findBadText(text: string, path: string): { path: string; message: string } | undefined {
  if (text.includes("\0")) return { path, message: "holds U+0000" };
  if (!text.isWellFormed()) return { path, message: "holds a lone surrogate" };
  return undefined;
}
