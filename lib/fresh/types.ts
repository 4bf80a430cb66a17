/** The types an application sees: handlers, pages, middlewares and what routes export. */
import type { ComponentChildren } from "preact";
import type { Context } from "./context.ts";

/** Methods that routes know. */
export const METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"] as const;
export type Method = (typeof METHODS)[number];

/** One link of a chain; `ctx.next()` runs the rest of it. */
export type Middleware<State> = (ctx: Context<State>) => Response | Promise<Response>;

/** Data for a page component, with what its response should be. */
export interface PageResponse<Data> {
  data: Data;
  headers?: HeadersInit | undefined;
  status?: number | undefined;
}

/** Answers a request itself, or returns data for the page component. */
export type HandlerFn<Data, State> = (
  ctx: Context<State>,
) => Response | PageResponse<Data> | Promise<Response | PageResponse<Data>>;

export type HandlerByMethod<Data, State> = { [M in Method]?: HandlerFn<Data, State> };

export type RouteHandler<Data, State> = HandlerFn<Data, State> | HandlerByMethod<Data, State>;

/** The data that a handler, or any method of a handler object, gives to its page. */
export type RouteData<Handler> = Handler extends (...args: never[]) => infer Result
  ? Extract<Awaited<Result>, { data: unknown }>["data"]
  : { [M in keyof Handler]: RouteData<Handler[M]> }[keyof Handler];

/** What components of routes, layouts and error pages receive. */
export type PageProps<Data = unknown, State = unknown> =
  & Pick<
    Context<State>,
    | "config"
    | "url"
    | "req"
    | "params"
    | "info"
    | "state"
    | "isPartial"
    | "error"
    | "route"
    | "Component"
  >
  & { data: Data };

/** What a page or layout renders; a Response is sent as it is. */
export type Rendered = ComponentChildren | Response;

/** A component, or an async function of the same props; only the latter may return a Response. */
// deno-lint-ignore no-explicit-any
export type RouteComponent<State, Data = any> = (
  props: PageProps<Data, State>,
) => Rendered | Promise<Rendered>;

export interface LayoutConfig {
  /** Renders outside of `_app`. */
  skipAppWrapper?: boolean;
  /** Renders outside of the layouts above. */
  skipInheritedLayouts?: boolean;
}

export interface RouteConfig extends LayoutConfig {
  /** URLPattern that replaces the one made from the file's path. */
  routeOverride?: string;
}

/** A page or endpoint. */
export interface Route<State> {
  // deno-lint-ignore no-explicit-any
  handler?: RouteHandler<any, State> | undefined;
  component?: RouteComponent<State> | undefined;
  config?: RouteConfig | undefined;
}
