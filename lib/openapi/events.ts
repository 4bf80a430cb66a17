/**
 * Stored events, described.
 */
import { z } from "zod";
import type { ZodOpenApiPathsObject } from "zod-openapi";
import { eventSchema } from "../event.ts";
import { eventParams, filterParams } from "../event_query.ts";
import type { Histogram } from "../histogram.ts";
import { MAX_HISTOGRAM_EVENTS } from "../limits.ts";
import { json, problems } from "./answers.ts";
import { codeSamples, type Sample } from "./samples.ts";
import { count, instant, storedEvent } from "./schemas.ts";

const event = {
  event_id: "0d4c6f3e-4f7c-4e57-9d0c-5b1f3f0a9a11",
  topic: "app.log.auth",
  timestamp: "2026-11-22T09:30:00.123+00:00",
  source: "web-1",
  payload: { content: "User signed in", metadata: { user: 4711 } },
  received_at: "2026-11-22T09:30:00.456+00:00",
  seq: 4711,
} satisfies z.infer<typeof storedEvent>;

const histogram = z.object({
  from: instant.nullable().meta({ description: "Where the first interval begins" }),
  step_ms: count.meta({ description: "How long each is" }),
  counts: z.array(count).meta({ description: "Events in each interval" }),
  total: count,
  complete: z.boolean().meta({ description: "Whether these are all; else the latest to arrive" }),
}).meta({
  id: "Histogram",
  description: "Events over event time",
}) satisfies z.ZodType<Histogram>;

const get = (label: string, path: string, headers = {}): Sample => ({
  label,
  method: "GET",
  path,
  headers,
});

const samples = [
  get("The latest ten", "/events?limit=10"),
  get("Of a topic and all below it", "/events?topic=app.log.%3E&from=2026-11-22&order=time_asc"),
  get("All that match, a line each", "/events?q=signed", { accept: "application/x-ndjson" }),
  get("As a table", "/events?topic=app.log.auth&format=csv"),
];

const link = z.object({
  Link: z.string().optional().meta({
    description: 'The next page, if there is one: `<…>; rel="next"`',
  }),
});

const unchanged = { description: "It is what `If-None-Match` says" };

const list: ZodOpenApiPathsObject[string] = {
  get: {
    operationId: "listEvents",
    tags: ["Events"],
    summary: "Find events",
    description:
      "A page of stored events, by arrival or by event time. `Link` leads to the next page: a page " +
      "starts where the one before ended, whatever was stored meanwhile. As NDJSON or CSV, asked for " +
      "by `Accept` or `format`, all that match come in one answer.",
    requestParams: { query: eventParams },
    responses: {
      200: {
        description: "The events",
        headers: link,
        content: {
          "application/json": { schema: z.array(storedEvent), example: [event] },
          "application/x-ndjson": {
            schema: z.string().meta({ description: "An event a line" }),
            example: `${JSON.stringify(event)}\n`,
          },
          "text/csv": {
            schema: z.string().meta({
              description: "An event a row; what a spreadsheet would take for a formula is quoted",
            }),
          },
        },
      },
      304: unchanged,
      ...problems(400, 503),
    },
    ...codeSamples(...samples),
  },
};

export const eventPaths: ZodOpenApiPathsObject = {
  "/events": list,
  "/events/{topic}/{event_id}": {
    get: {
      operationId: "getEvent",
      tags: ["Events"],
      summary: "Read an event by its key",
      requestParams: {
        path: z.object({
          topic: eventSchema.shape.topic.meta({ examples: [event.topic] }),
          event_id: eventSchema.shape.event_id.meta({ examples: [event.event_id] }),
        }),
      },
      responses: {
        200: json("The event", storedEvent, event),
        304: unchanged,
        ...problems(404, 503),
      },
      ...codeSamples(get("One event", `/events/${event.topic}/${event.event_id}`)),
    },
  },
  "/events/histogram": {
    get: {
      operationId: "countEvents",
      tags: ["Events"],
      summary: "Count events over time",
      description: `At most ${MAX_HISTOGRAM_EVENTS} are counted, those that arrived last.`,
      requestParams: { query: filterParams },
      responses: {
        200: json("The counts", histogram, {
          from: "2026-11-22T09:30:00+00:00",
          step_ms: 60_000,
          counts: [17, 0, 4],
          total: 21,
          complete: true,
        }),
        ...problems(400, 503),
      },
      ...codeSamples(get("Of a topic", "/events/histogram?topic=app.log.auth")),
    },
  },
};
