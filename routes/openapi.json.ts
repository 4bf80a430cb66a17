import { methods } from "../lib/http.ts";
import { apiDocument } from "../lib/openapi/document.ts";

/** The description of the API. */
export const handler = methods({
  GET: () => Response.json(apiDocument()),
});
