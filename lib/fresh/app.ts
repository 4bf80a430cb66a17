/** The application: records what is registered, and answers requests with it. */
import { STATUS_CODES } from "node:http";
import { builds } from "./build.ts";
import { Compiler, type ErrorRoute } from "./compiler.ts";
import { Context, requestUrl } from "./context.ts";
import { registerFsRoutes } from "./fs_routes.ts";
import { HttpError } from "./http_error.ts";
import { toRoute } from "./route.ts";
import { rawPath } from "./router.ts";
import * as types from "./types.ts";

type Middleware<State> = types.Middleware<State>;

/** The configuration with its defaults, and the project's folder. */
export interface ResolvedFreshConfig {
  root: string;
  /** Prefix of every route. */
  basePath: string;
  mode: "development" | "production";
  /** Lets `x-forwarded-proto` and `x-forwarded-host` decide `ctx.url`. */
  trustProxy: boolean;
}

export type FreshConfig = Partial<Omit<ResolvedFreshConfig, "root">>;

/** Options of `Deno.serve`. */
export type ListenOptions = Partial<Deno.ServeTcpOptions & Deno.TlsCertifiedKeyPem>;

/** Adds what answers some methods of a path: middlewares, the last of which answers. */
type Adder<State, Self> = (path: string, ...middlewares: Middleware<State>[]) => Self;

const LOCAL: Deno.ServeHandlerInfo = {
  remoteAddr: { transport: "tcp", hostname: "localhost", port: 1234 },
  completed: Promise.resolve(),
};
const FIRST_PORT = 8000;
const LAST_PORT = 8019;

/**
 * Collects middlewares and routes. Calls are replayed in order by {@linkcode App.handler}: a route
 * has the middlewares, layouts and error routes that were registered before it.
 */
export class App<State> {
  readonly config: ResolvedFreshConfig;
  readonly #steps: ((compiler: Compiler<State>) => void)[] = [];

  constructor({ basePath = "", mode = "production", trustProxy = false }: FreshConfig = {}) {
    this.config = { root: "", basePath, mode, trustProxy };
  }

  /** Adds middlewares for all routes, or for those at and below a path. */
  use(...middlewares: Middleware<State>[]): this;
  use(path: string, ...middlewares: Middleware<State>[]): this;
  use(first: string | Middleware<State>, ...rest: Middleware<State>[]): this {
    const [path, middlewares] = typeof first === "string" ? [first, rest] : ["*", [first, ...rest]];
    return this.#record((compiler) => compiler.use(path, middlewares));
  }

  readonly get: Adder<State, this> = this.#adder(["GET"]);
  readonly post: Adder<State, this> = this.#adder(["POST"]);
  readonly put: Adder<State, this> = this.#adder(["PUT"]);
  readonly patch: Adder<State, this> = this.#adder(["PATCH"]);
  readonly delete: Adder<State, this> = this.#adder(["DELETE"]);
  readonly head: Adder<State, this> = this.#adder(["HEAD"]);
  readonly all: Adder<State, this> = this.#adder(types.METHODS);

  /** Adds a page or endpoint; a function loads it at the first request. */
  route(
    path: string,
    route: types.Route<State> | (() => Promise<types.Route<State>>),
    config?: types.RouteConfig,
  ): this {
    const full = typeof route === "function" ? route : { config, ...route };
    return this.#record((compiler) => compiler.route(path, full));
  }

  /** Wraps the pages at and below a path. */
  layout(
    path: string,
    component: types.RouteComponent<State>,
    config?: types.LayoutConfig,
  ): this {
    return this.#record((compiler) => compiler.scope(path, { layout: { component, config } }));
  }

  /** Wraps all pages: the component that renders `<html>`. */
  appWrapper(app: types.RouteComponent<State>): this {
    return this.#record((compiler) => compiler.app = app);
  }

  /** Answers what fails at and below a path; a middleware sets the status itself. */
  onError(path: string, route: types.Route<State> | Middleware<State>): this {
    return this.#record((compiler) => compiler.scope(path, { errorRoute: toErrorRoute(route) }));
  }

  /** Answers requests that fail with 404; a component without handler answers with status 200. */
  notFound(route: types.Route<State> | Middleware<State>): this {
    return this.#record((compiler) => compiler.notFound = toErrorRoute(route));
  }

  /** Adds the routes found by the build; nothing if no build is attached. */
  fsRoutes(pattern = "*"): this {
    return this.#record((compiler) =>
      compiler.mount(pattern, () => registerFsRoutes(compiler, builds.get(this)?.routes ?? []))
    );
  }

  /** Adds all of another application below a path. */
  mountApp(path: string, app: App<State>): this {
    return this.#record((compiler) =>
      compiler.mount(path + app.config.basePath, () => {
        for (const step of app.#steps) step(compiler);
      })
    );
  }

  /**
   * Makes the function that answers requests.
   *
   * @returns a function that rejects with URIError if a path parameter is badly encoded
   */
  handler(): (req: Request, info?: Deno.ServeHandlerInfo) => Promise<Response> {
    const { config } = this;
    const build = builds.get(this);
    const compiler = new Compiler<State>(config.basePath);
    for (const step of this.#steps) step(compiler);
    const { router } = compiler;

    return async (req, info = LOCAL) => {
      let pathname = rawPath(req.url);
      let match = router.exact(pathname);
      if (match === undefined) {
        pathname = requestUrl(req, false).pathname;
        match = router.exact(pathname) ?? router.pattern(pathname);
      }
      const { method } = req;
      const methods = match?.entry.methods;
      let chain = methods?.get(method);
      if (method === "HEAD") chain ??= methods?.get("GET");
      chain ??= compiler.unmatched(method, methods);
      const { entry, params } = match ?? { entry: null, params: {} };
      const ctx = new Context<State>(config, req, info, entry?.pattern ?? null, params, {
        pathname,
        chain,
        position: 0,
        around: { app: undefined, layouts: [] },
        nonce: undefined,
        build,
      });
      try {
        const response = await ctx.next();
        if (!(response instanceof Response)) {
          throw new TypeError(`Cannot answer ${pathname} with ${response}: expected a Response`);
        }
        return method === "HEAD" && response.body ? new Response(null, response) : response;
      } catch (error) {
        return defaultAnswer(error);
      }
    };
  }

  /**
   * Serves the application. Without a port, or with port 0, takes the first free one of 8000 to
   * 8019; `signal` in the options stops it.
   *
   * @returns a promise that resolves once the port is bound
   * @throws {Deno.errors.AddrInUse} if the port, or each of the twenty, is taken
   */
  // deno-lint-ignore require-await
  async listen(options: ListenOptions = {}): Promise<void> {
    const handler = this.handler();
    const last = options.port || LAST_PORT;
    for (let port = options.port || FIRST_PORT;; port++) {
      try {
        Deno.serve({ ...options, port }, handler);
        return;
      } catch (error) {
        if (!(error instanceof Deno.errors.AddrInUse) || port >= last) throw error;
      }
    }
  }

  #adder(methods: readonly types.Method[]): Adder<State, this> {
    return (path, ...middlewares) =>
      this.#record((compiler) => compiler.add(methods, path, middlewares));
  }

  #record(step: (compiler: Compiler<State>) => void): this {
    this.#steps.push(step);
    return this;
  }
}

function toErrorRoute<State>(route: types.Route<State> | Middleware<State>): ErrorRoute<State> {
  return typeof route === "function" ? route : toRoute(route, "error route");
}

/** The answer to an error that nothing else answered. */
function defaultAnswer(error: unknown): Response {
  const known = error instanceof HttpError;
  if (!known || error.status >= 500) console.error(error);
  if (!known) return new Response("Internal server error", { status: 500 });
  return new Response(error.message || STATUS_CODES[error.status], { status: error.status });
}
