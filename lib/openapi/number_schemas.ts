/**
 * Numbers as the API answers them.
 *
 * Each schema is held to the type of what is answered: a member that is missing here does not compile.
 */
import { z } from "zod";
import { eventSchema } from "../event.ts";
import {
  AGGREGATOR_DEAD_MS,
  MAX_AGGREGATORS,
  MAX_SOURCE_EVENTS,
  MAX_TOPIC_SOURCES,
} from "../limits.ts";
import type { Stats, TopicNumbers } from "../snapshot.ts";
import type { Timeseries, TimeseriesByTopic, TopicTimeseries } from "../timeseries.ts";
import type { TopicDetails } from "../topic_sources.ts";
import { timeseriesParams } from "../timeseries_query.ts";
import { count, instant } from "./schemas.ts";

const rate = z.number().min(0);

/** The law's four counters. */
const totals = {
  received: count.meta({
    description: "Always unique_processed + duplicate_dropped + dead_letters",
  }),
  unique_processed: count.meta({ description: "Stored, each key once" }),
  duplicate_dropped: count.meta({ description: "Dropped, because their key was stored" }),
  dead_letters: count.meta({ description: "Refused by PostgreSQL, and not replayed since" }),
};

/** What is left of what was stored. */
const kept = {
  stored: count.meta({ description: "In the store now: unique_processed − expired" }),
  expired: count.meta({ description: "Stored, and deleted since by retention" }),
};

export const topic = z.object({
  topic: eventSchema.shape.topic,
  ...totals,
  ...kept,
  retention_s: z.int().min(1).nullable().meta({
    description: "How long events are kept from their receipt, seconds; null: for ever",
  }),
  deduplicates_since: instant.nullable().meta({
    description: "A repeat of what was received later is dropped; null: any repeat is",
  }),
  first_seen: instant,
  last_seen: instant,
  rate: rate.nullable().meta({
    description: "Events a second lately; null where that is not kept for so many topics",
  }),
}).meta({ id: "Topic", description: "The counters of one topic" }) satisfies z.ZodType<
  TopicNumbers
>;

const ms = z.int().meta({
  description: "Milliseconds; below 0 where the event comes from the future",
});

const skew = z.object({
  min_ms: ms,
  median_ms: ms,
  p95_ms: ms,
  max_ms: ms,
  ahead: count.meta({ description: "Events from the future" }),
}).meta({ id: "Skew", description: "Receipt minus event time" });

export const topicDetails = topic.extend({
  sampled: count.meta({
    description: `Events that were looked at, at most ${MAX_SOURCE_EVENTS}`,
  }),
  complete: z.boolean().meta({
    description: "Whether these are all that are stored; else the latest to arrive",
  }),
  source_count: count.meta({ description: "How many sources sent them" }),
  sources: z.array(z.object({
    source: eventSchema.shape.source,
    events: count,
    last_seen: instant,
    skew,
  })).meta({ description: `Those that sent most, at most ${MAX_TOPIC_SOURCES}` }),
  skew: skew.extend({
    distribution: z.array(z.object({
      below_ms: z.int().nullable().meta({ description: "Where the interval ends; null: nowhere" }),
      events: count,
    })),
  }).nullable().meta({ description: "Of all of them; null where nothing is stored" }),
}).meta({ id: "TopicDetails", description: "One topic, and who sends on it" }) satisfies z.ZodType<
  TopicDetails
>;

const percentiles = z.object({ p50: rate, p95: rate, p99: rate }).meta({
  id: "Percentiles",
  description: "Of a duration, milliseconds",
});

const consumer = z.object({
  consumer: z.int().min(1),
  state: z.enum(["starting", "idle", "busy", "retrying", "stopped"]),
  committed: count,
  last_commit_at: instant.nullable(),
  last_commit_ms: z.number().nullable(),
  rate: rate.meta({ description: "Events a second lately, repeats included" }),
  redeliveries: count,
  restarts: count,
  trouble: z.string().nullable(),
}).meta({ id: "Consumer", description: "A worker that writes to PostgreSQL" });

const pending = {
  pending: count.meta({ description: "Accepted but not yet committed" }),
  pending_bytes: count,
  lag_ms: z.number().min(0).meta({ description: "Age of the oldest pending event" }),
};

const aggregator = z.object({
  id: z.uuid().meta({ description: "Its journal's" }),
  name: z.string(),
  address: z.string().nullable().meta({ description: "Host and port; null before it listens" }),
  state: z.enum(["live", "draining", "dead"]).meta({
    description: `Dead: no heartbeat for ${
      AGGREGATOR_DEAD_MS / 1000
    } s; what it has pending waits for its return`,
  }),
  started_at: instant,
  seen_at: instant.meta({ description: "When its heartbeat was written" }),
  ...pending,
  journal_bytes: count,
}).meta({ id: "Aggregator", description: "One of those that write to the same database" });

const queue = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("local") }).meta({ description: "The queue in the process" }),
  z.object({
    kind: z.literal("jetstream"),
    stream: z.string().meta({ description: "Its name" }),
    at: z.string().meta({ description: "Its servers, host and port, by commas" }),
    trouble: z.string().nullable().meta({
      description: "Why it takes nothing, so that events wait in the journal; null: it does",
    }),
    messages: count.nullable().meta({
      description: "Not delivered, or not acked; null while it does not say",
    }),
    lag_ms: z.number().min(0).nullable().meta({
      description: "Age of the oldest message; null while it does not say",
    }),
  }).meta({ description: "A stream of NATS JetStream" }),
]).meta({ id: "Queue", description: "What brings events from the journal to consumers" });

export const stats = z.object({
  ...totals,
  ...kept,
  topics: z.array(z.string()).meta({ description: "Names of all topics that ever came" }),
  uptime: count.meta({ description: "Whole seconds since the process started" }),
  ...pending,
  pending: count.meta({
    description:
      "Accepted but not yet committed, of all aggregators that are not dead; 0: all is " +
      "settled. Exact of the one that answers, of others as of their last heartbeat",
  }),
  aggregator: aggregator.meta({ description: "The one that answers" }),
  aggregators: z.array(aggregator).meta({
    description: `All that write to this database, by start, at most ${MAX_AGGREGATORS}`,
  }),
  limits: z.object({ queue_max_events: count, journal_max_bytes: count }).meta({
    description: "How much this one may have pending; beyond, publishing is refused",
  }),
  draining: z.boolean().meta({ description: "About to stop, takes no more events" }),
  consistent: z.boolean().meta({
    description: "Whether received = unique + duplicates + dead letters, in total and by topic",
  }),
  rates: z.object({
    accepted: rate,
    received: rate,
    unique_processed: rate,
    duplicate_dropped: rate,
  }).meta({ description: "Events a second, over the last five seconds" }),
  commit_latency: percentiles.nullable().meta({
    description: "From a delivery's doorbell to COMMIT, over the last minute",
  }),
  accept_latency: percentiles.nullable().meta({
    description: "From valid events to their being on disk, over the last minute",
  }),
  journal_bytes: count,
  redeliveries: count,
  queue,
  database: z.object({ version: z.string(), at: z.string() }),
  consumers: z.array(consumer),
}).meta({ id: "Stats", description: "Everything counted" }) satisfies z.ZodType<Stats>;

const column = z.array(z.number().nullable()).meta({
  id: "Column",
  description: "A value a slot, oldest first; null where nothing is known",
});

const slots = {
  window: timeseriesParams.shape.window,
  step_ms: z.int().min(1).meta({ description: "How long a slot is" }),
  at: z.array(count).meta({ description: "When each slot began, milliseconds since 1970" }),
};

const decided = { stored: column, duplicates: column };

const series = z.object({ ...slots, ...decided }).extend({
  dead_letters: column,
  accepted: column,
  pending: column,
  lag_ms: column,
  commit_ms: z.object({ p50: column, p95: column, p99: column }),
}).meta({ id: "Timeseries", description: "In total" }) satisfies z.ZodType<Timeseries>;

const topicSeries = { topic: z.string(), ...decided };

const ofTopic = z.object({ ...slots, ...topicSeries }).meta({
  id: "TopicTimeseries",
  description: "Of one topic",
}) satisfies z.ZodType<TopicTimeseries>;

const byTopic = z.object({
  ...slots,
  topics: z.array(z.object(topicSeries)),
  other: z.object(decided).meta({ description: "What is not among `topics`" }),
}).meta({
  id: "TimeseriesByTopic",
  description: "By topic, those that received most",
}) satisfies z.ZodType<TimeseriesByTopic>;

/** Numbers over time, whichever were asked for. */
export const timeseries = z.union([series, ofTopic, byTopic]);
