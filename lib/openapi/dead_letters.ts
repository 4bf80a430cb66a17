/**
 * Dead letters, described.
 */
import { z } from "zod";
import type { ZodOpenApiPathsObject } from "zod-openapi";
import { deadLetterParams } from "../dead_letter_query.ts";
import { json, problems } from "./answers.ts";
import { codeSamples } from "./samples.ts";
import { deadLetter, replayed } from "./schemas.ts";

const example = {
  id: 1,
  event_id: "e-7",
  topic: "app.log",
  error: "value overflows numeric format",
  received_at: "2026-11-22T09:30:00.456+00:00",
  failed_at: "2026-11-22T09:30:00.512+00:00",
  event: {
    topic: "app.log",
    event_id: "e-7",
    timestamp: "2026-11-22T09:30:00Z",
    source: "web-1",
    payload: { content: "A number with more digits than PostgreSQL keeps" },
  },
} satisfies z.infer<typeof deadLetter>;

const path = z.object({
  id: z.int().min(1).meta({ description: "Of the dead letter", examples: [1] }),
});

export const deadLetterPaths: ZodOpenApiPathsObject = {
  "/dead-letters": {
    get: {
      operationId: "listDeadLetters",
      tags: ["Dead letters"],
      summary: "List dead letters",
      description:
        "Events that PostgreSQL refused, the latest first. `Link` leads to the next page.",
      requestParams: { query: deadLetterParams },
      responses: {
        200: json("The dead letters", z.array(deadLetter), [example]),
        ...problems(400, 503),
      },
      ...codeSamples({ label: "The latest", method: "GET", path: "/dead-letters" }),
    },
  },
  "/dead-letters/{id}": {
    get: {
      operationId: "getDeadLetter",
      tags: ["Dead letters"],
      summary: "Read a dead letter",
      requestParams: { path },
      responses: { 200: json("The dead letter", deadLetter, example), ...problems(404, 503) },
      ...codeSamples({ label: "One", method: "GET", path: "/dead-letters/1" }),
    },
    delete: {
      operationId: "deleteDeadLetter",
      tags: ["Dead letters"],
      summary: "Delete a dead letter",
      description: "The event is gone; it stays counted among the dead letters.",
      requestParams: { path },
      responses: { 204: { description: "It is deleted" }, ...problems(404, 503) },
      ...codeSamples({ label: "Delete", method: "DELETE", path: "/dead-letters/1" }),
    },
  },
  "/dead-letters/{id}/replay": {
    post: {
      operationId: "replayDeadLetter",
      tags: ["Dead letters"],
      summary: "Replay a dead letter",
      description: "Applies the event once more. One that is refused again stays a dead letter.",
      requestParams: { path },
      responses: {
        200: json("It is no dead letter any more", replayed, {
          status: "stored",
          event_id: "e-7",
          topic: "app.log",
        }),
        ...problems(404, 422, 503),
      },
      ...codeSamples({ label: "Replay", method: "POST", path: "/dead-letters/1/replay" }),
    },
  },
};
