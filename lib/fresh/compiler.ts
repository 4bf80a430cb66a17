/** Turns the recorded calls of an App into chains of middlewares, found by a router. */
import { type Context, innerOf } from "./context.ts";
import { HttpError } from "./http_error.ts";
import { type RouteModule, runRoute, toRoute, within } from "./route.ts";
import { Router } from "./router.ts";
import {
  type LayoutConfig,
  type Method,
  METHODS,
  type Middleware,
  type Route,
  type RouteComponent,
} from "./types.ts";

/** What answers errors: a page, or a middleware that answers itself. */
export type ErrorRoute<State> = Route<State> | Middleware<State>;

/** What one segment of a path adds to the routes below it. */
interface Scope<State> {
  app?: RouteComponent<State>;
  layout?: { component: RouteComponent<State>; config: LayoutConfig | undefined };
  errorRoute?: ErrorRoute<State>;
}

/** One segment, literal text as in `/events/:topic`, in the tree of all paths. */
class Segment<State> {
  scope: Scope<State> = {};
  readonly middlewares: Middleware<State>[] = [];
  readonly children = new Map<string, Segment<State>>();
}

/** No route for a request. Without root middlewares, error routes get it as `ctx.error` null. */
class UnseenError extends HttpError {}

export class Compiler<State> {
  readonly router = new Router<Middleware<State>[]>();
  /** Answers all errors with status 404, whenever it was registered. */
  notFound: ErrorRoute<State> | undefined;
  readonly #root = new Segment<State>();
  #prefix = "";

  /** @param basePath prefix of every pattern, though not of the segments */
  constructor(readonly basePath: string) {}

  /** Runs `register` with the paths that it names lying below `path`. */
  mount(path: string, register: () => void): void {
    const outer = this.#prefix;
    this.#prefix += path.replace(/\/?\*?$/, "");
    register();
    this.#prefix = outer;
  }

  /** The component around all pages, mounted or not. */
  set app(app: RouteComponent<State>) {
    this.#root.scope = { ...this.#root.scope, app };
  }

  use(path: string, middlewares: Middleware<State>[]): void {
    this.#segments(path).at(-1)!.middlewares.push(...middlewares);
  }

  /** Changes what the segment gives to routes registered from now on. */
  scope(path: string, scope: Scope<State>): void {
    const segment = this.#segments(path).at(-1)!;
    segment.scope = { ...segment.scope, ...scope };
  }

  /** @param folder path whose segments apply, where it is not the pattern itself */
  add(
    methods: readonly Method[],
    pattern: string,
    own: Middleware<State>[],
    folder = pattern,
  ): void {
    const chain = [...this.#chain(this.#segments(folder)), ...own];
    const full = this.basePath + this.#prefix + (pattern === "*" ? "/*" : pattern);
    for (const method of methods) this.router.add(method, full, chain);
  }

  /** Adds a route, or a function that loads it at the first request. */
  route(
    pattern: string,
    module: RouteModule<State> | (() => Promise<RouteModule<State>>),
    folder?: string,
  ): void {
    let route = typeof module === "function" ? undefined : toRoute(module, pattern);
    const handler = route?.handler;
    const methods = typeof handler === "object" ? METHODS.filter((m) => handler[m]) : METHODS;
    const run = async (ctx: Context<State>) => {
      route ??= toRoute(await (module as () => Promise<RouteModule<State>>)(), pattern);
      return await runRoute(route, ctx);
    };
    this.add(methods, pattern, [run], folder);
  }

  /** The chain for a request that no route takes; `allowed` are the methods its path has. */
  unmatched(method: string, allowed: Map<string, unknown> | undefined): Middleware<State>[] {
    const Failure = this.#root.middlewares.length === 0 ? UnseenError : HttpError;
    return [...this.#chain([this.#root]), () => {
      if (allowed === undefined) throw new Failure(404);
      if (method !== "OPTIONS") throw new Failure(405);
      return new Response(null, {
        status: 204,
        headers: { allow: [...allowed.keys()].join(", ") },
      });
    }];
  }

  /** The segments from the root down to a path, made where they do not exist. */
  #segments(path: string): Segment<State>[] {
    const segments = [this.#root];
    for (const part of (this.#prefix + "/" + path).split("/")) {
      if (part === "" || part === "*") continue;
      const { children } = segments.at(-1)!;
      if (!children.has(part)) children.set(part, new Segment());
      segments.push(children.get(part)!);
    }
    return segments;
  }

  /**
   * What is to run before a route: each segment's scope, then its middlewares, as they are now. An
   * error passes through the middlewares first.
   */
  #chain(segments: Segment<State>[]): Middleware<State>[] {
    return segments.flatMap(({ scope, middlewares }) => {
      const empty = Object.keys(scope).length === 0;
      return [
        // A segment that neither sets nor answers anything would only cost time.
        (ctx) => empty && !this.notFound ? ctx.next() : inScope(ctx, scope, this.notFound),
        ...middlewares,
      ];
    });
  }
}

/** Sets a segment's layout and answers what fails below it, 404 by `notFound` first. */
async function inScope<State>(
  ctx: Context<State>,
  { app, layout, errorRoute }: Scope<State>,
  notFound: ErrorRoute<State> | undefined,
): Promise<Response> {
  const inner = innerOf(ctx);
  if (app) inner.around = { ...inner.around, app };
  if (layout) {
    const outer = within(inner.around, layout.config);
    inner.around = { ...outer, layouts: [...outer.layouts, layout.component] };
  }
  const { around } = inner;
  try {
    return await ctx.next();
  } catch (error) {
    if (!(error instanceof UnseenError)) ctx.error = error;
    inner.around = around;
    const status = error instanceof HttpError ? error.status : 500;
    const missing = status === 404 && notFound;
    const route = missing || errorRoute;
    if (!route) throw error;
    if (typeof route === "function") return await route(ctx);
    return await runRoute(route, ctx, missing ? undefined : status);
  }
}
