/** The server side of the Fresh subset; see README.md for what it covers. */
export { App } from "./app.ts";
export type { FreshConfig, ListenOptions, ResolvedFreshConfig } from "./app.ts";
export type { Context } from "./context.ts";
export { cors, type CORSOptions } from "./cors.ts";
export { csp, type CSPOptions } from "./csp.ts";
export { createDefine, type Define, page } from "./define.ts";
export { csrf, ipFilter, trailingSlashes } from "./guards.ts";
export type { CsrfOptions, ipFilterOptions, IpFilterRules } from "./guards.ts";
export { HttpError } from "./http_error.ts";
export { staticFiles } from "./static_files.ts";
export type * from "./types.ts";
