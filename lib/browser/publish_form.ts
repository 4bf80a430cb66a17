/**
 * The form of the page that publishes: its fields, the event that they make, and that as a command.
 */
import { curl, type Shell } from "./shell.ts";

/** The fields, each as text. */
export interface PublishForm {
  readonly topic: string;
  readonly event_id: string;
  readonly source: string;
  readonly timestamp: string;
  readonly content: string;
  /** JSON, or nothing. */
  readonly metadata: string;
}

export type Field = keyof PublishForm;

export const FIELDS: readonly Field[] = [
  "topic",
  "event_id",
  "source",
  "timestamp",
  "content",
  "metadata",
];

/** What is wrong, by field; `""` is the event as a whole. */
export type FormErrors = Partial<Record<Field | "", string>>;

/** What came of publishing; `accepted`: on disk, but not committed yet. */
export type PublishResult =
  | { readonly status: "invalid"; readonly errors: FormErrors }
  | { readonly status: "failed"; readonly message: string }
  | { readonly status: "accepted" }
  | { readonly status: "stored" | "duplicate"; readonly first_received_at: string }
  | { readonly status: "dead_letter" };

/** How long the service may take for its verdict, seconds; then the event is accepted, no more. */
export const VERDICT_WAIT_S = 5;

/** An id that no other event has. */
export function newId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(8));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** A form whose event is valid and new. */
export function exampleForm(now: Date): PublishForm {
  return {
    topic: "app.log.hello",
    event_id: newId(),
    source: "dashboard",
    timestamp: now.toISOString(),
    content: "Hello",
    metadata: '{ "level": "info" }',
  };
}

/**
 * The event that a form makes, as JSON, or why it makes none. Whether the event is valid is for the
 * service to say.
 *
 * @example
 * ```ts
 * import { deepStrictEqual } from "node:assert";
 * import { exampleForm, toJson } from "./publish_form.ts";
 *
 * const form = { ...exampleForm(new Date()), metadata: "{" };
 * deepStrictEqual(toJson(form), { errors: { metadata: "is not JSON" } });
 * ```
 */
export function toJson(form: PublishForm): { json: string } | { errors: FormErrors } {
  const { content, metadata, ...event } = form;
  if (metadata.trim() === "") return { json: JSON.stringify({ ...event, payload: { content } }) };
  try {
    JSON.parse(metadata);
  } catch {
    return { errors: { metadata: "is not JSON" } };
  }
  const head = JSON.stringify({ ...event, payload: { content } });
  // As it was typed: a number keeps its digits.
  return { json: `${head.slice(0, -2)},"metadata":${metadata.trim()}}}` };
}

/**
 * Puts errors of an event to the fields that they are about.
 *
 * @param errors as in the answer of `POST /publish`
 */
export function toFormErrors(
  errors: readonly { readonly path: string; readonly message: string }[],
): FormErrors {
  const byField: FormErrors = {};
  for (const { path, message } of errors) {
    const name = path.replace(/^payload\./, "").split(".")[0]!;
    const field = FIELDS.find((one) => one === name) ?? "";
    byField[field] ??= field === "" ? `${path} ${message}`.trim() : message;
  }
  return byField;
}

/**
 * The same event as a command for a shell.
 */
export function toCurl(shell: Shell, json: string): string {
  const data = json.replaceAll("'", `'\\''`);
  return `${curl(shell, "/publish")} -H 'content-type: application/json' -d '${data}'`;
}
