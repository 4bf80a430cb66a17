/** Runs a route: its handler, then its page inside layouts and wrapper if the handler gave data. */
import { type ComponentChildren, type ComponentType, Fragment, h, type VNode } from "preact";
import { type Around, type Context, innerOf, pageProps, withType } from "./context.ts";
import { renderDocument } from "./document.ts";
import { HttpError } from "./http_error.ts";
import type { LayoutConfig, Method, PageProps, Rendered, Route, RouteComponent } from "./types.ts";

/** What a route file may export. */
export interface RouteModule<State> extends Route<State> {
  handlers?: Route<State>["handler"];
  default?: Route<State>["component"];
}

/**
 * Makes a route of a module's exports.
 *
 * @param name the route, for the message
 * @throws {Error} if the module exports neither handler nor component
 */
export function toRoute<State>(module: RouteModule<State>, name: string) {
  const component = module.component ?? module.default;
  let handler = module.handler ?? module.handlers;
  if (handler === undefined && component === undefined) {
    throw new Error(`Cannot use route ${name}: it exports neither a handler nor a component`);
  }
  handler ??= () => ({ data: undefined });
  if (typeof handler !== "function" && component !== undefined) {
    handler = { GET: () => ({ data: {} }), ...handler };
  }
  return { handler, component, config: module.config };
}

/**
 * Runs a route made by {@linkcode toRoute}.
 *
 * @param status status of the page where the handler sets none
 * @throws {HttpError} 404 if the route has no handler for the method
 */
export async function runRoute<State>(
  { handler, component, config }: Route<State>,
  ctx: Context<State>,
  status?: number,
): Promise<Response> {
  const run = typeof handler === "function" ? handler : handler?.[ctx.req.method as Method];
  if (run === undefined) throw new HttpError(404);
  const inner = innerOf(ctx);
  inner.around = within(inner.around, config);
  const result = await run(ctx);
  if (result instanceof Response) return result;
  if (typeof result !== "object" || result === null || !("data" in result)) {
    throw new TypeError(`Cannot answer with ${result}: expected a Response or data for a page`);
  }
  if (component === undefined) {
    throw new TypeError("Cannot render page: the handler gave data, but there is no component");
  }
  ctx.data = result.data;
  const content = await applyComponent(component, pageProps(ctx, ctx.Component));
  if (content instanceof Response) return content;
  const init = { headers: result.headers ?? {}, status: result.status ?? status ?? 200 };
  return await renderPage(ctx, content, init);
}

/** Applies a component to props: when the document is rendered, or now if it is async. */
async function applyComponent<State>(
  component: RouteComponent<State>,
  props: PageProps<unknown, State>,
): Promise<Rendered> {
  // deno-lint-ignore no-explicit-any
  const type = component as ComponentType<any>;
  return type.constructor.name === "AsyncFunction" ? await component(props) : h(type, props);
}

/** What is still around a page or layout that may want to be outside of it. */
export function within<State>(around: Around<State>, config?: LayoutConfig): Around<State> {
  return {
    app: config?.skipAppWrapper ? undefined : around.app,
    layouts: config?.skipInheritedLayouts ? [] : around.layouts,
  };
}

/**
 * Renders content inside the layouts and wrapper that `ctx` has reached.
 *
 * @returns the HTML response, or the Response of an async component that returned one
 */
export async function renderPage<State>(
  ctx: Context<State>,
  content: ComponentChildren,
  init?: ResponseInit,
  config?: LayoutConfig,
): Promise<Response> {
  const inner = innerOf(ctx);
  const { app, layouts } = within(inner.around, config);
  let page = content;
  for (const component of [...app ? [app] : [], ...layouts].reverse()) {
    const inside = page;
    const props = pageProps(ctx, (): VNode => h(Fragment, null, inside));
    const result = await applyComponent(component, props);
    if (result instanceof Response) return result;
    page = result;
  }

  const { html, nonce, scripts } = renderDocument(page, ctx.url.pathname, inner.build);
  inner.nonce = nonce;
  const { headers, ...rest } = withType(init, "text/html; charset=utf-8");
  if (scripts.length > 0) {
    const preload = scripts.map((url) => `<${url}>; rel="modulepreload"; as="script"`);
    headers.append("link", preload.join(", "));
  }
  return new Response(html, { ...rest, headers });
}
