/**
 * The way in, described.
 */
import { z } from "zod";
import type { ZodOpenApiPathsObject } from "zod-openapi";
import { eventSchema } from "../event.ts";
import { cloudEventSchema } from "../ingest/cloudevents.ts";
import { publishParams } from "../publish_params.ts";
import { MAX_WAIT_SECONDS } from "../limits.ts";
import { problems } from "./answers.ts";
import { another, cloudEvent, event, lines, publishSamples } from "./publish_samples.ts";
import { codeSamples } from "./samples.ts";
import { accepted, committed } from "./publish_schemas.ts";

const { event_id, topic } = event;
const first_received_at = "2026-11-22T09:30:00.456Z";

const verdict = { status: "duplicate", event_id, topic, first_received_at };

const verdicts = {
  status: "committed",
  accepted: 2,
  stored: 1,
  duplicates: 1,
  dead_letters: 0,
  verdicts: [
    { event_id, topic, verdict: "duplicate", first_received_at },
    { event_id: another.event_id, topic, verdict: "stored", first_received_at },
  ],
};

const preferenceApplied = z.object({
  "Preference-Applied": z.string().optional().meta({
    description: "What of `Prefer` was honoured",
  }),
});

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
      requestParams: {
        query: publishParams,
        header: z.object({
          Prefer: z.string().optional().meta({
            description:
              `\`wait=N\`: wait up to N seconds, at most ${MAX_WAIT_SECONDS}, for the verdict on each ` +
              "event, 200; else, and with `respond-async`, 202 as soon as they are on disk",
            examples: ["wait=5"],
          }),
        }),
      },
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
        200: {
          description: "The events are decided, as `Prefer: wait=N` asked for",
          headers: preferenceApplied,
          content: {
            "application/json": {
              schema: committed,
              examples: { one: { value: verdict }, many: { value: verdicts } },
            },
          },
        },
        202: {
          description: "The events are on disk, and will be decided soon",
          headers: preferenceApplied,
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
      ...codeSamples(...publishSamples),
    },
  },
};
