/**
 * The description of the API, made of the schemas that judge what comes in.
 */
import { createDocument } from "zod-openapi";
import { VERSION } from "../version.ts";
import { deadLetterPaths } from "./dead_letters.ts";
import { eventPaths } from "./events.ts";
import { numberPaths } from "./numbers.ts";
import { operationPaths } from "./operations.ts";
import { publishPaths } from "./publish.ts";
import { secured, securitySchemes } from "./security.ts";

/** An OpenAPI 3.1 document. */
export type ApiDocument = ReturnType<typeof createDocument>;

/** In the order in which a newcomer needs them. */
const TAGS = [
  { name: "Publish", description: "The way in" },
  { name: "Events", description: "What is stored" },
  { name: "Numbers", description: "What has happened, and what is happening" },
  { name: "Dead letters", description: "What PostgreSQL refused" },
  { name: "Operations", description: "For those who run the service" },
];

let made: ApiDocument | undefined;

/** The description of the API; the same object each time. */
export function apiDocument(): ApiDocument {
  return made ??= createDocument({
    openapi: "3.1.1",
    info: {
      title: "Sekali",
      version: VERSION,
      summary: "A pub-sub log aggregator that keeps every event exactly once",
      description:
        "Publish at least once; each key, `event_id` and `topic` together, is stored once, and every " +
        "delivery is counted once. Errors are problems as RFC 9457 has them. Where the service has " +
        'tokens, send one with each request: `-H "Authorization: Bearer $API_TOKEN"`.',
      license: { name: "MIT", identifier: "MIT" },
    },
    servers: [{ url: "/" }],
    tags: TAGS,
    paths: secured({
      ...publishPaths,
      ...eventPaths,
      ...numberPaths,
      ...deadLetterPaths,
      ...operationPaths,
    }),
    components: { securitySchemes },
  }, {
    override: ({ jsonSchema }) => {
      // What format and type say already, and no one can read.
      if (/^date(?:-time)?$/.test(jsonSchema.format ?? "")) delete jsonSchema.pattern;
      if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum;
      if (jsonSchema.minimum === Number.MIN_SAFE_INTEGER) delete jsonSchema.minimum;
    },
  });
}
