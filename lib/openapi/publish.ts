/**
 * The way in, described.
 */
import { z } from "zod";
import type { ZodOpenApiPathsObject } from "zod-openapi";
import { type Event, eventSchema } from "../event.ts";
import { cloudEventSchema } from "../ingest/cloudevents.ts";
import { publishParams } from "../publish_params.ts";
import { problems } from "./answers.ts";
import { codeSamples, type Sample } from "./samples.ts";
import { fieldErrors } from "./schemas.ts";

const event = {
  topic: "app.log.auth",
  event_id: "0d4c6f3e-4f7c-4e57-9d0c-5b1f3f0a9a11",
  timestamp: "2026-11-22T09:30:00.123Z",
  source: "web-1",
  payload: { content: "User signed in", metadata: { user: 4711 } },
} satisfies Event;

const cloudEvent = {
  specversion: "1.0",
  id: "A234-1234-1234",
  type: "com.example.order.created",
  source: "/shop/7",
  time: "2026-11-22T09:30:00Z",
  data: { content: "Order 17 was created", total: 42.5 },
};

const another = { ...event, event_id: "3c9f7a52-9a0b-4a59-8a0e-0f1a2b3c4d5e" };

const post = { method: "POST", path: "/publish" } as const;
const typed = (type: string) => ({ "content-type": type });
const lines = `${JSON.stringify(event)}\n${JSON.stringify(another)}\n`;

/** Every way in, once. */
const samples: readonly Sample[] = [
  {
    label: "One event",
    ...post,
    headers: typed("application/json"),
    body: JSON.stringify(event, null, 2),
  },
  {
    label: "Many events",
    ...post,
    headers: typed("application/json"),
    body: JSON.stringify([event, another]),
  },
  { label: "A line each (NDJSON)", ...post, headers: typed("application/x-ndjson"), body: lines },
  {
    label: "Compressed",
    ...post,
    headers: { ...typed("application/x-ndjson"), "content-encoding": "gzip" },
    body: lines,
    gzip: true,
  },
  {
    label: "The good ones of many",
    ...post,
    path: "/publish?partial=true",
    headers: typed("application/json"),
    body: JSON.stringify([event, { topic: "app.log.auth" }]),
  },
  {
    label: "CloudEvent, structured",
    ...post,
    headers: typed("application/cloudevents+json"),
    body: JSON.stringify(cloudEvent, null, 2),
  },
  {
    label: "CloudEvents, batch",
    ...post,
    headers: typed("application/cloudevents-batch+json"),
    body: JSON.stringify([cloudEvent]),
  },
  {
    label: "CloudEvent, binary",
    ...post,
    headers: {
      "ce-specversion": "1.0",
      "ce-id": cloudEvent.id,
      "ce-type": cloudEvent.type,
      "ce-source": cloudEvent.source,
      ...typed("application/json"),
    },
    body: JSON.stringify(cloudEvent.data),
  },
];

const accepted = z.union([
  z.object({ status: z.literal("accepted"), event_id: z.string() }),
  z.object({
    status: z.literal("accepted"),
    accepted: z.int().min(0),
    rejected: z.int().min(0).optional(),
    errors: fieldErrors.optional(),
  }),
]).meta({ id: "Accepted", description: "The events are on disk, and will be decided soon" });

export const publishPaths: ZodOpenApiPathsObject = {
  "/publish": {
    post: {
      operationId: "publish",
      tags: ["Publish"],
      summary: "Publish events",
      description:
        "When the answer is 202 the events are on disk and survive any crash. Either all events of a " +
        "request are taken or, where one is not valid, none. Publish again whatever was not answered: " +
        "an event whose key is known is a duplicate and is dropped.\n\n" +
        "The body is one event or an array of events, NDJSON with an event a line, or CloudEvents 1.0 " +
        "in structured, batch or binary mode; as it is, or compressed with gzip or deflate.",
      requestParams: { query: publishParams },
      requestBody: {
        required: true,
        content: {
          "application/json": {
            schema: z.union([eventSchema, z.array(eventSchema)]),
            examples: {
              one: { summary: "One event", value: event },
              many: { summary: "Many events", value: [event, another] },
            },
          },
          "application/x-ndjson": {
            schema: z.string().meta({ description: "An event a line" }),
            example: lines,
          },
          "application/cloudevents+json": { schema: cloudEventSchema, example: cloudEvent },
          "application/cloudevents-batch+json": {
            schema: z.array(cloudEventSchema),
            example: [cloudEvent],
          },
        },
      },
      responses: {
        202: {
          description: "The events are on disk",
          content: {
            "application/json": {
              schema: accepted,
              examples: {
                one: { value: { status: "accepted", event_id: event.event_id } },
                many: { value: { status: "accepted", accepted: 2 } },
              },
            },
          },
        },
        ...problems(400, 413, 415, 422, 503, 507),
      },
      ...codeSamples(...samples),
    },
  },
};
