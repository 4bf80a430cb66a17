/**
 * Publishing from a page.
 */
import { type PublishResult, toFormErrors, VERDICT_WAIT_S } from "./publish_form.ts";

/** The answer to a batch whose verdicts are known. */
interface Committed {
  readonly stored: number;
  readonly duplicates: number;
}

function post(json: string): Promise<Response> {
  return fetch("/publish", {
    method: "POST",
    headers: { "content-type": "application/json", prefer: `wait=${VERDICT_WAIT_S}` },
    body: json,
  });
}

/** Publishes one event; never throws. */
export async function publish(json: string): Promise<PublishResult> {
  try {
    const response = await post(json);
    const answer = await response.json();
    if (response.ok) return answer;
    if (answer.errors !== undefined) {
      return { status: "invalid", errors: toFormErrors(answer.errors) };
    }
    return { status: "failed", message: [answer.title, answer.detail].filter(Boolean).join(": ") };
  } catch {
    return { status: "failed", message: "The service does not answer" };
  }
}

/**
 * Publishes a batch.
 *
 * @returns how many were stored and how many were duplicates; undefined where that is not known yet
 * @throws {Error} if it is refused, with the reason
 */
export async function publishBatch(json: string): Promise<Committed | undefined> {
  const response = await post(json);
  const answer = await response.json();
  if (!response.ok) throw new Error([answer.title, answer.detail].filter(Boolean).join(": "));
  return response.status === 200 ? answer : undefined;
}
