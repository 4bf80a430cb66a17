/**
 * Which route and method needs which scope: all of them, in one place.
 */
import { methodNotAllowed } from "../methods.ts";
import type { Scope } from "./tokens.ts";

/** What a request needs; `open`: nothing. */
export type Need = Scope | "open";

/** What the methods of a route need; HEAD needs what GET does, and OPTIONS nothing. */
type Needs = Readonly<Partial<Record<"GET" | "POST" | "DELETE", Need>>>;

/**
 * By the pattern of a route. A file of `static/` needs nothing, nor does an address without a route, which
 * is answered 404. What the API looks like is no secret; what it has stored is.
 */
export const TABLE: Readonly<Record<string, Needs>> = {
  "/publish": { POST: "publish" },
  "/events": { GET: "read" },
  "/events/histogram": { GET: "read" },
  "/events/:topic/:event_id": { GET: "read" },
  "/topics": { GET: "read" },
  "/topics/:topic": { GET: "read" },
  "/stats": { GET: "read" },
  "/stats/timeseries": { GET: "read" },
  "/stream": { GET: "read" },
  "/metrics": { GET: "read" },
  "/dead-letters": { GET: "read" },
  "/dead-letters/:id": { GET: "read", DELETE: "admin" },
  "/dead-letters/:id/replay": { POST: "admin" },
  "/healthz": { GET: "open" },
  "/readyz": { GET: "open" },
  "/openapi.json": { GET: "open" },
  "/docs": { GET: "open" },
  "/login": { GET: "open", POST: "open" },
  "/logout": { POST: "open" },
  "/": { GET: "read" },
  "/dashboard/topics": { GET: "read" },
  "/dashboard/topics/:topic": { GET: "read" },
  "/dashboard/events": { GET: "read" },
  "/dashboard/tail": { GET: "read" },
  "/dashboard/dead-letters": { GET: "read", POST: "admin" },
  "/dashboard/publish": { GET: "publish", POST: "publish" },
};

/**
 * What a request needs. A route that has no entry is for `admin` alone.
 *
 * @param route pattern of the route; null where none matches
 * @throws {ProblemError} 405 if the route has an entry, but not for the method
 */
export function needOf(route: string | null, method: string): Need {
  if (route === null || method === "OPTIONS") return "open";
  const needs = TABLE[route];
  if (needs === undefined) return "admin";
  const found = Object.entries(needs).find(([known]) =>
    known === (method === "HEAD" ? "GET" : method)
  );
  if (found === undefined) throw methodNotAllowed(Object.keys(needs));
  return found[1];
}
