/**
 * Counters and the live stream, described.
 */
import { z } from "zod";
import type { ZodOpenApiPathsObject } from "zod-openapi";
import { eventSchema } from "../event.ts";
import { timeseriesParams } from "../timeseries_query.ts";
import { streamParams } from "../stream_query.ts";
import { json, problems } from "./answers.ts";
import { codeSamples, type Sample } from "./samples.ts";
import { stats, timeseries, topic, topicDetails } from "./number_schemas.ts";

const exampleTopic = {
  topic: "app.log.auth",
  received: 10,
  unique_processed: 7,
  duplicate_dropped: 3,
  dead_letters: 0,
  stored: 7,
  expired: 0,
  retention_s: 2_592_000,
  deduplicates_since: null,
  first_seen: "2026-11-22T09:30:00.456+00:00",
  last_seen: "2026-11-22T09:31:00.789+00:00",
  rate: 2,
} satisfies z.infer<typeof topic>;

const exampleSkew = { min_ms: -12, median_ms: 120, p95_ms: 900, max_ms: 1400, ahead: 1 };

const exampleDetails = {
  ...exampleTopic,
  sampled: 7,
  complete: true,
  source_count: 1,
  sources: [{
    source: "web-1",
    events: 7,
    last_seen: "2026-11-22T09:31:00.789+00:00",
    skew: exampleSkew,
  }],
  skew: {
    ...exampleSkew,
    distribution: [
      { below_ms: 0, events: 1 },
      { below_ms: 100, events: 2 },
      { below_ms: null, events: 4 },
    ],
  },
} satisfies z.infer<typeof topicDetails>;

const exampleAggregator = {
  id: "5f0c6c2e-6a55-4f0e-9a51-1b7de2a4c9f0",
  name: "sekali",
  address: "127.0.0.1:8080",
  state: "live",
  started_at: "2026-11-22T08:31:00.123Z",
  seen_at: "2026-11-22T09:31:00.812Z",
  pending: 0,
  pending_bytes: 0,
  lag_ms: 0,
  journal_bytes: 16_777_216,
} satisfies z.infer<typeof stats>["aggregator"];

const exampleStats = {
  received: 10,
  unique_processed: 7,
  duplicate_dropped: 3,
  dead_letters: 0,
  stored: 7,
  expired: 0,
  topics: ["app.log.auth"],
  uptime: 3600,
  pending: 0,
  pending_bytes: 0,
  aggregator: exampleAggregator,
  aggregators: [exampleAggregator],
  limits: { queue_max_events: 1_000_000, journal_max_bytes: 4_294_967_296 },
  lag_ms: 0,
  consistent: true,
  rates: { accepted: 2, received: 2, unique_processed: 1.4, duplicate_dropped: 0.6 },
  commit_latency: { p50: 2.1, p95: 4.8, p99: 9.2 },
  accept_latency: { p50: 0.9, p95: 1.8, p99: 3.1 },
  journal_bytes: 16_777_216,
  draining: false,
  redeliveries: 0,
  queue: { kind: "local" },
  database: { version: "18.4", at: "embedded" },
  consumers: [{
    consumer: 1,
    state: "idle",
    committed: 10,
    last_commit_at: "2026-11-22T09:31:00.812Z",
    last_commit_ms: 2.4,
    rate: 2,
    redeliveries: 0,
    restarts: 0,
    trouble: null,
  }],
} satisfies z.infer<typeof stats>;

const exampleSeries = {
  window: "1m",
  step_ms: 1000,
  at: [1_763_803_800_000, 1_763_803_801_000],
  stored: [null, 7],
  duplicates: [null, 3],
  dead_letters: [null, 0],
  accepted: [null, 10],
  pending: [null, 2],
  lag_ms: [null, 12],
  commit_ms: { p50: [null, 2.1], p95: [null, 4.8], p99: [null, 9.2] },
} satisfies z.infer<typeof timeseries>;

const get = (label: string, path: string): Sample => ({ label, method: "GET", path });

export const numberPaths: ZodOpenApiPathsObject = {
  "/stats": {
    get: {
      operationId: "getStats",
      tags: ["Numbers"],
      summary: "Everything counted",
      description:
        "Counters are PostgreSQL's own and change in the transaction that decides the events. Where " +
        "`pending` is 0 they hold everything that was accepted. Several aggregators on one database " +
        "tell the same counters; rates, latencies and consumers are those of the one that answers.",
      responses: { 200: json("The numbers", stats, exampleStats), ...problems(503) },
      ...codeSamples(get("All numbers", "/stats")),
    },
  },
  "/stats/timeseries": {
    get: {
      operationId: "getTimeseries",
      tags: ["Numbers"],
      summary: "The numbers over time",
      description:
        "What charts show: in total, of one topic, or by topic; columns of one value a slot. Kept in " +
        "memory, since the process started.",
      requestParams: { query: timeseriesParams },
      responses: {
        200: json("The numbers, by slot", timeseries, exampleSeries),
        ...problems(400),
      },
      ...codeSamples(
        get("The last quarter of an hour", "/stats/timeseries?window=15m"),
        get("Of one topic", "/stats/timeseries?topic=app.log.auth"),
        get("By topic", "/stats/timeseries?by=topic"),
      ),
    },
  },
  "/topics": {
    get: {
      operationId: "listTopics",
      tags: ["Numbers"],
      summary: "Counters by topic",
      responses: {
        200: json("All topics, by name", z.array(topic), [exampleTopic]),
        ...problems(503),
      },
      ...codeSamples(get("By topic", "/topics")),
    },
  },
  "/topics/{topic}": {
    get: {
      operationId: "getTopic",
      tags: ["Numbers"],
      summary: "One topic",
      description:
        "Its counters, and of its latest stored events: who sent them, and how much later than their " +
        "timestamp they were received, which tells how the publishers' clocks go.",
      requestParams: {
        path: z.object({
          topic: eventSchema.shape.topic.meta({ examples: [exampleTopic.topic] }),
        }),
      },
      responses: {
        200: json("The topic", topicDetails, exampleDetails),
        ...problems(400, 404, 503),
      },
      ...codeSamples(get("One topic", `/topics/${exampleTopic.topic}`)),
    },
  },
  "/stream": {
    get: {
      operationId: "openStream",
      tags: ["Numbers"],
      summary: "Follow what happens",
      description: "Server-Sent Events.\n\n" +
        "`stats` comes at once, then at most four times a second while the numbers change; its data is " +
        "what `/stats` says, with the counters of the latest topics.\n\n" +
        "`event` is an event that was stored, as `/events` gives it; each comes once, in the order of " +
        "`seq`, which is its `id`. A `position` says with its `id` up to where was looked. Whoever comes " +
        "back with the last `id` misses nothing. With a `rate` the latest events are sent, and `skipped` " +
        'says how many were left out: `{"count":120}`, with `"at_least":true` where not all were counted.',
      requestParams: {
        query: streamParams,
        header: z.object({
          "last-event-id": z.string().optional().meta({
            description: "The last `id` that was received; goes before `after`",
          }),
        }),
      },
      responses: {
        200: {
          description: "A stream that does not end by itself",
          content: {
            "text/event-stream": {
              schema: z.string(),
              example: 'event: stats\ndata: {"received":10,"unique_processed":7}\n\n' +
                "id: 4711\nevent: position\ndata: {}\n\n" +
                'id: 4712\nevent: event\ndata: {"event_id":"42","topic":"app.log.auth","seq":4712}\n\n',
            },
          },
        },
        ...problems(400, 503),
      },
      ...codeSamples(
        get("As they change", "/stream"),
        get("Events of some topics", "/stream?types=event&topic=app.log.*"),
        get("On from a position", "/stream?types=event&after=4711"),
      ),
    },
  },
};
