/**
 * What those who run the service ask it, described.
 */
import { z } from "zod";
import type { ZodOpenApiPathsObject } from "zod-openapi";
import { json, problems } from "./answers.ts";
import { codeSamples } from "./samples.ts";

const get = (label: string, path: string) => codeSamples({ label, method: "GET", path });

export const operationPaths: ZodOpenApiPathsObject = {
  "/healthz": {
    get: {
      operationId: "getHealth",
      tags: ["Operations"],
      summary: "Whether the process answers",
      responses: { 200: json("It does", z.object({ status: z.literal("ok") }), { status: "ok" }) },
      ...get("Liveness", "/healthz"),
    },
  },
  "/readyz": {
    get: {
      operationId: "getReadiness",
      tags: ["Operations"],
      summary: "Whether events find their way into the database",
      description:
        "Publishing goes on where they do not: the journal keeps the events until they do again.",
      responses: {
        200: json("They do", z.object({ status: z.literal("ready") }), { status: "ready" }),
        ...problems(503),
      },
      ...get("Readiness", "/readyz"),
    },
  },
  "/metrics": {
    get: {
      operationId: "getMetrics",
      tags: ["Operations"],
      summary: "The numbers for Prometheus",
      description:
        "The counters of the law are PostgreSQL's and go on over a restart. Answers also while the " +
        "database is away: then `sekali_database_up` is 0.",
      responses: {
        200: {
          description: "Prometheus' text format",
          content: {
            "text/plain": { schema: z.string(), example: "sekali_received_total 10\n" },
          },
        },
      },
      ...get("As Prometheus reads it", "/metrics"),
    },
  },
  "/openapi.json": {
    get: {
      operationId: "getDocument",
      tags: ["Operations"],
      summary: "This description",
      responses: {
        200: json("OpenAPI 3.1", z.looseObject({ openapi: z.string() }), { openapi: "3.1.1" }),
      },
      ...get("This description", "/openapi.json"),
    },
  },
};
