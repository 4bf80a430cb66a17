/**
 * Publishing by a form that is posted, where no script runs.
 */
import type { Grants } from "./access/tokens.ts";
import type { Aggregator } from "./aggregator.ts";
import {
  FIELDS,
  newId,
  type PublishForm,
  type PublishResult,
  toFormErrors,
  toJson,
} from "./browser/publish_form.ts";
import { sampleBatches } from "./browser/sample.ts";
import { ProblemError } from "./errors.ts";
import { decodeBatch } from "./ingest/json.ts";

/** The fields of a form; one that is missing is empty. */
export function fieldsOf(form: URLSearchParams): PublishForm {
  const fields = FIELDS.map((name) => [name, form.get(name) ?? ""]);
  return Object.fromEntries(fields) as Record<keyof PublishForm, string>;
}

/**
 * Publishes the event of a form.
 *
 * @throws {ProblemError} as a publish does, unless it is about the event
 */
export async function publishForm(
  aggregator: Aggregator,
  form: PublishForm,
  grants: Grants,
): Promise<PublishResult> {
  const made = toJson(form);
  if ("errors" in made) return { status: "invalid", errors: made.errors };
  try {
    await publish(aggregator, made.json, grants);
    return { status: "accepted" };
  } catch (error) {
    if (!(error instanceof ProblemError) || error.extra.errors === undefined) throw error;
    return { status: "invalid", errors: toFormErrors(error.extra.errors) };
  }
}

/** Publishes the sample. */
export async function publishSample(aggregator: Aggregator, grants: Grants): Promise<void> {
  for (const batch of sampleBatches(newId(), new Date())) {
    await publish(aggregator, batch, grants);
  }
}

async function publish(
  aggregator: Aggregator,
  json: string,
  { mayPublishTo }: Grants,
): Promise<void> {
  const { maxBatchEvents } = aggregator.config;
  await aggregator.publish(decodeBatch(encoder.encode(json), { maxBatchEvents, mayPublishTo }));
}

const encoder = new TextEncoder();
