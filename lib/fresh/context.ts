/** One request on its way through a chain of middlewares. */
import { type FunctionComponent, isValidElement, type VNode } from "preact";
import type { ResolvedFreshConfig } from "./app.ts";
import type { Build } from "./build.ts";
import { HttpError } from "./http_error.ts";
import { renderPage } from "./route.ts";
import type { LayoutConfig, Middleware, PageProps, RouteComponent } from "./types.ts";

/** What is around the page of a request: `_app` and layouts, the outermost first. */
export interface Around<State> {
  app: RouteComponent<State> | undefined;
  layouts: readonly RouteComponent<State>[];
}

/** What the framework keeps with a request and applications do not see. */
interface Inner<State> {
  /** Path that was matched, encoded, without repeated slashes. */
  pathname: string;
  chain: Middleware<State>[];
  /** Position in `chain` of what `next()` runs. */
  position: number;
  around: Around<State>;
  /** Nonce of the page that answers, set by the renderer. */
  nonce: string | undefined;
  build: Build | undefined;
}

type Chunks<Chunk> = Iterable<Chunk> | AsyncIterable<Chunk>;

/** Reads what {@linkcode Inner} keeps with a request. */
export let innerOf: <State>(ctx: Context<State>) => Inner<State>;

const Nothing: FunctionComponent = () => null;

export class Context<State> {
  /** What middlewares hand on to each other; one object per request. */
  state: State = {} as State;
  /** What the handler gave to the page component. */
  data: unknown = undefined;
  /** What was thrown, in an error route. */
  error: unknown = null;
  /** Renders the page, inside layouts and the app wrapper. */
  Component: FunctionComponent = Nothing;
  #url: URL | undefined;
  #inner: Inner<State>;

  static {
    innerOf = (ctx) => ctx.#inner;
  }

  constructor(
    readonly config: ResolvedFreshConfig,
    readonly req: Request,
    readonly info: Deno.ServeHandlerInfo,
    /** Pattern of the route that matched, null if none did. */
    readonly route: string | null,
    readonly params: Record<string, string>,
    inner: Inner<State>,
  ) {
    this.#inner = inner;
  }

  /** The request's URL, repeated slashes in its path collapsed. */
  get url(): URL {
    return this.#url ??= requestUrl(this.req, this.config.trustProxy);
  }

  get isPartial(): boolean {
    return this.req.url.includes("fresh-partial") && this.url.searchParams.has("fresh-partial");
  }

  /** Runs the rest of the chain; what it throws rejects the promise, 404 after the last link. */
  next(): Promise<Response> {
    const inner = this.#inner;
    try {
      const link = inner.chain[inner.position++];
      if (link === undefined) throw new HttpError(404);
      const result = link(this);
      return result instanceof Promise ? result : Promise.resolve(result);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /**
   * Sends the client elsewhere.
   *
   * @param to a path (made safe against `//host`) or an absolute URL
   * @param status HTTP status, 302 by default
   */
  redirect(to: string, status = 302): Response {
    const location = to.startsWith("/")
      ? to.replace(/^[^?#]*/, (path) => path.replaceAll(/\/{2,}/g, "/"))
      : to;
    return new Response(null, { status, headers: { location } });
  }

  /**
   * Renders a page inside the layouts and the app wrapper that apply here.
   *
   * @throws {TypeError} if `vnode` is neither JSX nor null
   */
  async render(
    // deno-lint-ignore no-explicit-any
    vnode: VNode<any> | null,
    init?: ResponseInit,
    config?: LayoutConfig,
  ): Promise<Response> {
    if (vnode !== null && !isValidElement(vnode)) {
      throw new TypeError(`Cannot render page: expected JSX or null, got ${typeof vnode}`);
    }
    return await renderPage(this, vnode, init, config);
  }

  text(content: string, init?: ResponseInit): Response {
    return new Response(content, init);
  }

  html(content: string, init?: ResponseInit): Response {
    return new Response(content, withType(init, "text/html; charset=utf-8"));
  }

  // deno-lint-ignore no-explicit-any
  json(content: any, init?: ResponseInit): Response {
    return Response.json(content, init);
  }

  /** Sends chunks as they come; strings are encoded as UTF-8. */
  stream<Chunk extends string | Uint8Array<ArrayBuffer>>(
    source: Chunks<Chunk> | (() => Chunks<Chunk>),
    init?: ResponseInit,
  ): Response {
    const encoder = new TextEncoder();
    const encode = new TransformStream<Chunk, Uint8Array<ArrayBuffer>>({
      transform: (chunk, sink) =>
        sink.enqueue(typeof chunk === "string" ? encoder.encode(chunk) : chunk),
    });
    const chunks = typeof source === "function" ? source() : source;
    return new Response(ReadableStream.from(chunks).pipeThrough(encode), init);
  }
}

/** Copies `init` and adds a content type unless it has one. */
export function withType(init: ResponseInit | undefined, type: string) {
  const headers = new Headers(init?.headers);
  if (!headers.has("content-type")) headers.set("content-type", type);
  return { ...init, headers };
}

/** The props of a page, layout or wrapper around `Component`. */
export function pageProps<State>(
  ctx: Context<State>,
  Component: FunctionComponent,
): PageProps<unknown, State> {
  const { config, url, req, params, info, state, isPartial, error, route, data } = ctx;
  return { config, url, req, params, info, state, isPartial, error, route, data, Component };
}

/** The URL of a request as routes see it. */
export function requestUrl({ url: text, headers }: Request, trustProxy: boolean): URL {
  const url = new URL(text);
  if (url.pathname.includes("//")) url.pathname = url.pathname.replaceAll(/\/{2,}/g, "/");
  if (trustProxy) {
    url.protocol = headers.get("x-forwarded-proto") ?? url.protocol;
    url.host = headers.get("x-forwarded-host") ?? url.host;
  }
  return url;
}
