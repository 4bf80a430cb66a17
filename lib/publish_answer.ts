/**
 * What a publisher is answered.
 */
import type { Batch } from "./ingest.ts";
import type { Verdict } from "./protocol.ts";
import { preferenceHeaders, type Preferences } from "./prefer.ts";
import type { Verdicts } from "./waiters.ts";

/**
 * The answer to a batch that was accepted: 202 where the journal holds it and no more is known, 200 with
 * what became of each event.
 *
 * @param verdicts of its events, in their order; undefined if they are not known
 */
export function answer(
  batch: Batch,
  verdicts: Verdicts | undefined,
  preferences: Preferences,
): Response {
  const headers = preferenceHeaders(preferences, verdicts !== undefined);
  if (verdicts === undefined) {
    return Response.json({ status: "accepted", ...countOf(batch) }, { status: 202, headers });
  }
  const told = tellEach(batch, verdicts);
  if (batch.eventId !== undefined) {
    const { verdict, ...event } = told[0]!;
    return Response.json({ status: verdict, ...event }, { headers });
  }
  const { events, rejected } = batch;
  const count = (verdict: Verdict) => verdicts.verdicts.filter((one) => one === verdict).length;
  return Response.json({
    status: "committed",
    accepted: events,
    stored: count("stored"),
    duplicates: count("duplicate"),
    dead_letters: count("dead_letter"),
    ...(rejected === undefined ? {} : { rejected: rejected.length, errors: rejected }),
    verdicts: told,
  }, { headers });
}

function countOf({ eventId, events, rejected }: Batch) {
  if (eventId !== undefined) return { event_id: eventId };
  if (rejected === undefined) return { accepted: events };
  return { accepted: events, rejected: rejected.length, errors: rejected };
}

/** Each event's verdict; with its place in the request where others were left out. */
function tellEach({ keys = [], rejected }: Batch, { verdicts, firstReceivedAt }: Verdicts) {
  return keys.map(({ index, event_id, topic }, at) => {
    const first = firstReceivedAt[at]!;
    return {
      ...(rejected === undefined ? {} : { index }),
      event_id,
      topic,
      verdict: verdicts[at]!,
      first_received_at: first === null ? null : new Date(first).toISOString(),
    };
  });
}
