/**
 * The answers of the API as schemas; numbers are in `number_schemas.ts`. Requests are described by the
 * schemas that judge them.
 */
import { z } from "zod";
import { eventSchema } from "../event.ts";
import { problemType } from "../problems.ts";

export const count = z.int().min(0);
export const instant = z.iso.datetime({ offset: true });

/** What is wrong with events. */
export const fieldErrors = z.array(z.object({
  index: count.optional().meta({ description: "Position of the event in the request, from 0" }),
  path: z.string().meta({ description: "Where in the event; empty for the event itself" }),
  message: z.string(),
}));

/** RFC 9457. */
export const problem = z.object({
  type: z.string().meta({
    description: "What kind of problem, as a URI reference to where it is explained",
    examples: [problemType("invalid-event")],
  }),
  title: z.string().meta({ description: "What kind of problem, the same words each time" }),
  status: z.int(),
  detail: z.string().optional().meta({ description: "What happened this time" }),
  errors: fieldErrors.optional().meta({ description: "What is wrong, the first 100" }),
  request_id: z.string().meta({ description: "That of `X-Request-Id`: the log knows it, too" }),
}).meta({ id: "Problem", description: "What is wrong, as RFC 9457 has it" });

/** An event as it is given back. */
export const storedEvent = z.object({
  ...eventSchema.shape,
  timestamp: instant,
  received_at: instant.meta({ description: "When its request was accepted" }),
  seq: count.meta({ description: "Its place in the order of arrival" }),
}).meta({ id: "StoredEvent", description: "An event as it is stored" });

/** An event that PostgreSQL refused. */
export const deadLetter = z.object({
  id: z.int().min(1),
  event_id: eventSchema.shape.event_id,
  topic: eventSchema.shape.topic,
  error: z.string().meta({ description: "Why PostgreSQL refused it" }),
  received_at: instant,
  failed_at: instant.meta({ description: "When it was refused last" }),
  event: eventSchema.meta({ description: "The event as it was published" }),
}).meta({ id: "DeadLetter", description: "An event that PostgreSQL refused" });

export const replayed = z.object({
  status: z.enum(["stored", "duplicate"]),
  event_id: eventSchema.shape.event_id,
  topic: eventSchema.shape.topic,
}).meta({ id: "Replayed", description: "What became of a dead letter" });
