/**
 * What a publisher is answered, as schemas.
 */
import { z } from "zod";
import { eventSchema } from "../event.ts";
import type { Verdict } from "../protocol.ts";
import { count, fieldErrors, instant } from "./schemas.ts";

const { event_id, topic } = eventSchema.shape;

/** What was left out, where the publisher asked for what is good. */
const leftOut = { rejected: count.optional(), errors: fieldErrors.optional() };

/** The journal holds the events. */
export const accepted = z.union([
  z.object({ status: z.literal("accepted"), event_id }),
  z.object({ status: z.literal("accepted"), accepted: count, ...leftOut }),
]).meta({ id: "Accepted", description: "The events are on disk, and will be decided soon" });

const verdict = z.enum(["stored", "duplicate", "dead_letter"]) satisfies z.ZodType<Verdict>;

const key = {
  event_id,
  topic,
  first_received_at: instant.nullable().meta({
    description: "When an event of this key was accepted first; null if that is not known",
  }),
};

/** PostgreSQL has decided the events. */
export const committed = z.union([
  z.object({ status: verdict, ...key }),
  z.object({
    status: z.literal("committed"),
    accepted: count,
    stored: count,
    duplicates: count,
    dead_letters: count,
    ...leftOut,
    verdicts: z.array(
      z.object({
        index: count.optional().meta({ description: "Position in the request, from 0" }),
        ...key,
        verdict,
      }),
    ).meta({ description: "In the order in which the events came" }),
  }),
]).meta({ id: "Committed", description: "What became of the events" });
