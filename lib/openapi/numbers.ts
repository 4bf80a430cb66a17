/**
 * Counters and the live stream, described.
 */
import { z } from "zod";
import type { ZodOpenApiPathsObject } from "zod-openapi";
import { json, problems } from "./answers.ts";
import { codeSamples, type Sample } from "./samples.ts";
import { stats, topic } from "./schemas.ts";

const exampleTopic = {
  topic: "app.log.auth",
  received: 10,
  unique_processed: 7,
  duplicate_dropped: 3,
  dead_letters: 0,
  first_seen: "2026-11-22T09:30:00.456+00:00",
  last_seen: "2026-11-22T09:31:00.789+00:00",
} satisfies z.infer<typeof topic>;

const exampleStats = {
  received: 10,
  unique_processed: 7,
  duplicate_dropped: 3,
  dead_letters: 0,
  topics: ["app.log.auth"],
  uptime: 3600,
  pending: 0,
  pending_bytes: 0,
  limits: { queue_max_events: 1_000_000, journal_max_bytes: 4_294_967_296 },
  lag_ms: 0,
  consistent: true,
  rates: { accepted: 2, received: 2, unique_processed: 1.4, duplicate_dropped: 0.6 },
  journal_bytes: 24_576,
  redeliveries: 0,
  database: { version: "18.4", at: "embedded" },
  consumers: [{
    consumer: 1,
    state: "idle",
    committed: 10,
    last_commit_at: "2026-11-22T09:31:00.812Z",
    last_commit_ms: 2.4,
    restarts: 0,
    trouble: null,
  }],
} satisfies z.infer<typeof stats>;

export const numberSamples: Record<"stats" | "topics" | "stream", Sample> = {
  stats: { label: "All numbers", method: "GET", path: "/stats" },
  topics: { label: "By topic", method: "GET", path: "/topics" },
  stream: { label: "As they change", method: "GET", path: "/stream" },
};

export const numberPaths: ZodOpenApiPathsObject = {
  "/stats": {
    get: {
      operationId: "getStats",
      tags: ["Numbers"],
      summary: "Everything counted",
      description:
        "Counters are PostgreSQL's own and change in the transaction that decides the events. Where " +
        "`pending` is 0 they hold everything that was accepted.",
      responses: { 200: json("The numbers", stats, exampleStats), ...problems(503) },
      ...codeSamples(numberSamples.stats),
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
      ...codeSamples(numberSamples.topics),
    },
  },
  "/stream": {
    get: {
      operationId: "openStream",
      tags: ["Numbers"],
      summary: "Follow what happens",
      description:
        "Server-Sent Events. `stats` comes at once, then at most four times a second while the numbers " +
        "change; its data is what `/stats` says, with the counters of the latest topics.",
      responses: {
        200: {
          description: "A stream that does not end by itself",
          content: {
            "text/event-stream": {
              schema: z.string(),
              example: 'event: stats\ndata: {"received":10,"unique_processed":7}\n\n',
            },
          },
        },
        ...problems(503),
      },
      ...codeSamples(numberSamples.stream),
    },
  },
};
