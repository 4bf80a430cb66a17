import { api } from "../lib/http.ts";

/** Liveness: the process answers. */
export const handler = api({
  GET: () => Response.json({ status: "ok" }),
});
