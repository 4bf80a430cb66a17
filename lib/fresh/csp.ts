/** Content-Security-Policy. */
import { innerOf } from "./context.ts";
import type { Middleware } from "./types.ts";

export interface CSPOptions {
  /** Only reports what the policy would block. */
  reportOnly?: boolean;
  /** URL that reports are sent to. */
  reportTo?: string;
  /** Directives, each replacing the default one of its name. */
  csp?: string[];
  /** Allows inline scripts and styles of rendered pages by nonce only. */
  useNonce?: boolean;
}

const DEFAULTS = [
  "default-src 'self'",
  "script-src 'self' 'unsafe-inline'",
  "style-src 'self' 'unsafe-inline'",
  "font-src 'self'",
  "img-src 'self' data:",
  "media-src 'self' data: blob:",
  "worker-src 'self' blob:",
  "connect-src 'self'",
  "object-src 'none'",
  "base-uri 'self'",
  "form-action 'self'",
  "frame-ancestors 'none'",
  "upgrade-insecure-requests",
];

/** Makes the middleware that sets the policy on every response that passes through it. */
export function csp<State>(options: CSPOptions = {}): Middleware<State> {
  const { reportTo } = options;
  const reporting = reportTo ? ["report-to csp-endpoint", `report-uri ${reportTo}`] : [];
  const directives = [...DEFAULTS, ...options.csp ?? [], ...reporting];
  const byName = new Map(directives.map((directive) => [directive.split(" ", 1)[0], directive]));
  const policy = [...byName.values()].join("; ");
  const header = `content-security-policy${options.reportOnly ? "-report-only" : ""}`;

  return async (ctx) => {
    const response = await ctx.next();
    const { nonce } = innerOf(ctx);
    const value = options.useNonce && nonce
      ? policy.replaceAll("'unsafe-inline'", `'nonce-${nonce}'`)
      : policy;
    response.headers.set(header, value);
    if (reportTo) response.headers.set("reporting-endpoints", `csp-endpoint="${reportTo}"`);
    return response;
  };
}
