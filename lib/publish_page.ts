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
  VERDICT_WAIT_S,
} from "./browser/publish_form.ts";
import { sampleBatches } from "./browser/sample.ts";
import { ProblemError } from "./errors.ts";
import { decodeBatch } from "./ingest/json.ts";
import type { Verdicts, Wait } from "./waiters.ts";

/** The fields of a form; one that is missing is empty. */
export function fieldsOf(form: URLSearchParams): PublishForm {
  const fields = FIELDS.map((name) => [name, form.get(name) ?? ""]);
  return Object.fromEntries(fields) as Record<keyof PublishForm, string>;
}

/**
 * Publishes the event of a form, and waits for its verdict.
 *
 * @param signal aborted when its publisher goes
 * @throws {ProblemError} as a publish does, unless it is about the event
 */
export async function publishForm(
  aggregator: Aggregator,
  form: PublishForm,
  grants: Grants,
  signal: AbortSignal,
): Promise<PublishResult> {
  const made = toJson(form);
  if ("errors" in made) return { status: "invalid", errors: made.errors };
  try {
    const wait = { seconds: VERDICT_WAIT_S, signal };
    return toResult(await publish(aggregator, made.json, grants, wait));
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
  wait?: Wait,
) {
  const { maxBatchEvents } = aggregator.config;
  const batch = decodeBatch(encoder.encode(json), { maxBatchEvents, mayPublishTo });
  return await aggregator.publish(batch, wait);
}

/** What is told of the one event of a form. */
function toResult(verdicts: Verdicts | undefined): PublishResult {
  const status = verdicts?.verdicts[0];
  const first = verdicts?.firstReceivedAt[0];
  if (status === "dead_letter") return { status };
  if (status === undefined || first == null) return { status: "accepted" };
  return { status, first_received_at: new Date(first).toISOString() };
}

const encoder = new TextEncoder();
