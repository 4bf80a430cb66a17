/**
 * The schemas of an OpenAPI document, to hold values against.
 */
import { z } from "zod";
import type { ApiDocument } from "../../lib/openapi/document.ts";

type JsonSchema = Parameters<typeof z.fromJSONSchema>[0];

/** Makes of a schema that stands in a document one that judges. */
export function schemaAt(document: ApiDocument, schema: unknown): z.ZodType {
  const whole = { ...(schema as object), $defs: document.components?.schemas };
  const text = JSON.stringify(whole).replaceAll("#/components/schemas/", "#/$defs/");
  return z.fromJSONSchema(JSON.parse(text) as JsonSchema);
}
