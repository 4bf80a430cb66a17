/**
 * The answers of the API as schemas. Requests are described by the schemas that judge them.
 *
 * Each is held to the type of what is answered: a member that is missing here does not compile.
 */
import { z } from "zod";
import { eventSchema } from "../event.ts";
import type { Stats, TopicStats } from "../snapshot.ts";

const count = z.int().min(0);
const instant = z.iso.datetime({ offset: true });

/** What is wrong with events. */
export const fieldErrors = z.array(z.object({
  index: count.optional().meta({ description: "Position of the event in the request, from 0" }),
  path: z.string().meta({ description: "Where in the event; empty for the event itself" }),
  message: z.string(),
}));

/** RFC 9457. */
export const problem = z.object({
  type: z.string().meta({ description: "A URI reference to what this kind of problem is" }),
  title: z.string().meta({ description: "What kind of problem, the same words each time" }),
  status: z.int(),
  detail: z.string().optional().meta({ description: "What happened this time" }),
  errors: fieldErrors.optional().meta({ description: "What is wrong, the first 100" }),
}).meta({ id: "Problem", description: "What is wrong, as RFC 9457 has it" });

/** An event as it is given back. */
export const storedEvent = z.object({
  ...eventSchema.shape,
  timestamp: instant,
  received_at: instant.meta({ description: "When its request was accepted" }),
  seq: count.meta({ description: "Its place in the order of arrival" }),
}).meta({ id: "StoredEvent", description: "An event as it is stored" });

/** The law's four counters. */
const totals = {
  received: count.meta({
    description: "Always unique_processed + duplicate_dropped + dead_letters",
  }),
  unique_processed: count.meta({ description: "Stored, each key once" }),
  duplicate_dropped: count.meta({ description: "Dropped, because their key was stored" }),
  dead_letters: count.meta({ description: "Refused by PostgreSQL, and not replayed since" }),
};

export const topic = z.object({
  topic: eventSchema.shape.topic,
  ...totals,
  first_seen: instant,
  last_seen: instant,
}).meta({ id: "Topic", description: "The counters of one topic" }) satisfies z.ZodType<TopicStats>;

const rate = z.number().min(0);

const consumer = z.object({
  consumer: z.int().min(1),
  state: z.enum(["starting", "idle", "busy", "retrying", "stopped"]),
  committed: count,
  last_commit_at: instant.nullable(),
  last_commit_ms: z.number().nullable(),
  restarts: count,
  trouble: z.string().nullable(),
}).meta({ id: "Consumer", description: "A worker that writes to PostgreSQL" });

export const stats = z.object({
  ...totals,
  topics: z.array(z.string()).meta({ description: "Names of all topics that ever came" }),
  uptime: count.meta({ description: "Whole seconds since the process started" }),
  pending: count.meta({ description: "Accepted but not yet committed; 0: all is settled" }),
  pending_bytes: count,
  limits: z.object({ queue_max_events: count, journal_max_bytes: count }),
  lag_ms: z.number().min(0).meta({ description: "Age of the oldest pending event" }),
  consistent: z.boolean().meta({
    description: "Whether received = unique + duplicates + dead letters, in total and by topic",
  }),
  rates: z.object({
    accepted: rate,
    received: rate,
    unique_processed: rate,
    duplicate_dropped: rate,
  }).meta({ description: "Events a second, over the last five seconds" }),
  journal_bytes: count,
  redeliveries: count,
  database: z.object({ version: z.string(), at: z.string() }),
  consumers: z.array(consumer),
}).meta({ id: "Stats", description: "Everything counted" }) satisfies z.ZodType<Stats>;

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
