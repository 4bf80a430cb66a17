/** Helpers that only add types. */
import type { Middleware, PageResponse, RouteComponent, RouteData, RouteHandler } from "./types.ts";

/** Typed identity functions for the exports of route files. */
export interface Define<State> {
  // deno-lint-ignore no-explicit-any
  handlers<Handler extends RouteHandler<any, State>>(handlers: Handler): Handler;
  // deno-lint-ignore no-explicit-any
  page<Handler extends RouteHandler<any, State> = never, Data = RouteData<Handler>>(
    render: RouteComponent<State, Data>,
  ): RouteComponent<State, Data>;
  layout(render: RouteComponent<State, unknown>): RouteComponent<State, unknown>;
  middleware<M extends Middleware<State> | Middleware<State>[]>(middleware: M): M;
}

/** Makes the typed helpers for applications whose middlewares share `State`. */
export function createDefine<State>(): Define<State> {
  const same = (value: unknown) => value;
  return { handlers: same, page: same, layout: same, middleware: same } as Define<State>;
}

/**
 * Hands data from a handler to the page component of the same route.
 *
 * @param data the component's `data`, an empty object if left out
 * @param options status and headers of the response
 */
export function page<Data = Record<PropertyKey, never>>(
  data?: Data,
  options?: { status?: number; headers?: HeadersInit },
): PageResponse<Data> {
  return { data: data ?? ({} as Data), headers: options?.headers, status: options?.status };
}
