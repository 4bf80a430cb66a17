import { methods } from "../lib/http.ts";

/** Liveness: the process answers. */
export const handler = methods({
  GET: () => Response.json({ status: "ok" }),
});
