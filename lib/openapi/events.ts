/**
 * Stored events, described.
 */
import { z } from "zod";
import type { ZodOpenApiPathsObject } from "zod-openapi";
import { eventParams } from "../event_query.ts";
import { problems } from "./answers.ts";
import { codeSamples, type Sample } from "./samples.ts";
import { storedEvent } from "./schemas.ts";

const event = {
  event_id: "0d4c6f3e-4f7c-4e57-9d0c-5b1f3f0a9a11",
  topic: "app.log.auth",
  timestamp: "2026-11-22T09:30:00.123+00:00",
  source: "web-1",
  payload: { content: "User signed in", metadata: { user: 4711 } },
  received_at: "2026-11-22T09:30:00.456+00:00",
  seq: 4711,
} satisfies z.infer<typeof storedEvent>;

const samples: readonly Sample[] = [
  { label: "The latest ten", method: "GET", path: "/events?limit=10" },
  {
    label: "Of a topic and all below it",
    method: "GET",
    path: "/events?topic=app.log.%3E&from=2026-11-22&order=asc",
  },
  {
    label: "All that match, a line each",
    method: "GET",
    path: "/events?q=signed",
    headers: { accept: "application/x-ndjson" },
  },
];

export const eventPaths: ZodOpenApiPathsObject = {
  "/events": {
    get: {
      operationId: "listEvents",
      tags: ["Events"],
      summary: "Find events",
      description:
        "A page of stored events, by arrival. `Link` leads to the next page: a page starts where the " +
        "one before ended, whatever was stored meanwhile. With `Accept: application/x-ndjson` all that " +
        "match come in one answer, a line each.",
      requestParams: { query: eventParams },
      responses: {
        200: {
          description: "The events",
          headers: z.object({
            Link: z.string().optional().meta({
              description: 'The next page, if there is one: `<…>; rel="next"`',
            }),
          }),
          content: {
            "application/json": { schema: z.array(storedEvent), example: [event] },
            "application/x-ndjson": {
              schema: z.string().meta({ description: "An event a line" }),
              example: `${JSON.stringify(event)}\n`,
            },
          },
        },
        ...problems(400, 503),
      },
      ...codeSamples(...samples),
    },
  },
};
