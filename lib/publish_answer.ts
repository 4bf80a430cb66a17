/**
 * What a publisher is answered.
 */
import type { Batch } from "./ingest.ts";

/** The answer where the journal holds the batch, and no more is known. */
export function accepted(batch: Batch): Response {
  return Response.json({ status: "accepted", ...countOf(batch) }, { status: 202 });
}

function countOf({ eventId, events, rejected }: Batch) {
  if (eventId !== undefined) return { event_id: eventId };
  if (rejected === undefined) return { accepted: events };
  return { accepted: events, rejected: rejected.length, errors: rejected };
}
