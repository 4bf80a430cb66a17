/**
 * Pages of other origins: none may read answers, but for those that `CORS_ORIGINS` names.
 */
import { cors, type Middleware } from "fresh";
import type { State } from "./http.ts";
import { PREFLIGHT_SECONDS } from "./limits.ts";

/** Credentials are never allowed: a page brings its own token. */
const shared = cors<State>({
  origin: (asking, { state }) =>
    state.aggregator.config.corsOrigins.includes(asking) ? asking : null,
  allowMethods: ["GET", "HEAD", "POST", "DELETE"],
  exposeHeaders: [
    "etag",
    "link",
    "preference-applied",
    "ratelimit",
    "ratelimit-policy",
    "retry-after",
    "www-authenticate",
    "x-request-id",
  ],
  maxAge: PREFLIGHT_SECONDS,
});

/** Lets pages of the origins that are configured in; asks nothing where none is. */
export const crossOrigin: Middleware<State> = (ctx) => {
  if (ctx.state.aggregator.config.corsOrigins.length === 0) return ctx.next();
  // OPTIONS that is no preflight asks for `Allow`.
  const { method, headers } = ctx.req;
  const plain = method === "OPTIONS" && !headers.has("access-control-request-method");
  return plain ? ctx.next() : shared(ctx);
};
