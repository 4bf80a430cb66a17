/** Cross-origin resource sharing. */
import type { Context } from "./context.ts";
import type { Middleware } from "./types.ts";

export interface CORSOptions<State = unknown> {
  /** Origins that may read responses; a function returns the value to allow, or nothing. */
  origin?:
    | string
    | string[]
    | ((requestOrigin: string, ctx: Context<State>) => string | undefined | null);
  allowMethods?: string[];
  /** Without any, a preflight is granted the headers that it asks for. */
  allowHeaders?: string[];
  exposeHeaders?: string[];
  /** How long browsers may keep the answer to a preflight, in seconds. */
  maxAge?: number;
  credentials?: boolean;
}

const METHODS = ["GET", "HEAD", "PUT", "POST", "DELETE", "PATCH"];

/** Makes the middleware that answers preflights and allows the given origins on the rest. */
export function cors<State>(options: CORSOptions<State> = {}): Middleware<State> {
  const { origin = "*", allowMethods = METHODS, allowHeaders = [], exposeHeaders = [] } = options;

  const allowed = (ctx: Context<State>): string | undefined | null => {
    if (origin === "*") return origin;
    const asking = ctx.req.headers.get("origin") ?? "";
    if (typeof origin === "function") return origin(asking, ctx);
    return [origin].flat().includes(asking) ? asking : null;
  };

  return async (ctx) => {
    const { method, headers: request } = ctx.req;
    const isPreflight = method === "OPTIONS";
    const response = isPreflight ? new Response(null, { status: 204 }) : await ctx.next();
    const { headers } = response;
    const set = (name: string, value: string | null | undefined) =>
      value && headers.set(`access-control-${name}`, value);

    set("allow-origin", allowed(ctx));
    if (origin !== "*") headers.append("vary", "Origin");
    if (options.credentials) set("allow-credentials", "true");
    set("expose-headers", exposeHeaders.join(","));
    if (!isPreflight) return response;

    set("max-age", options.maxAge?.toString());
    set("allow-methods", allowMethods.join(","));
    const asked = request.get("access-control-request-headers")?.split(/\s*,\s*/) ?? [];
    const granted = allowHeaders.length > 0 ? allowHeaders : asked;
    set("allow-headers", granted.join(","));
    if (granted.length > 0) headers.append("vary", "Access-Control-Request-Headers");
    return response;
  };
}
