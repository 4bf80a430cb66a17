/** Makes routes of the files that the build found. */
import type { Compiler } from "./compiler.ts";
import { type RouteModule, toRoute } from "./route.ts";
import type { Middleware } from "./types.ts";

// deno-lint-ignore no-explicit-any
type Module = RouteModule<any>;

/** A route file by its path below the routes folder, as in `events/[id].tsx`. */
export interface FsRoute {
  path: string;
  module: Module | (() => Promise<Module>);
}

// deno-lint-ignore no-explicit-any
type Register = (compiler: Compiler<any>, folder: string, module: Module, path: string) => void;

/** What files of these names do for their folder, instead of being routes. */
export const SPECIAL: Map<string, Register> = new Map(Object.entries<Register>({
  _app: (compiler, _, { default: app }) => app && (compiler.app = app),
  _layout: (compiler, folder, { default: component, config }) =>
    component && compiler.scope(folder, { layout: { component, config } }),
  _middleware: (compiler, folder, { default: main, handler, handlers }) => {
    const found = [main ?? handler ?? handlers].flat() as Middleware<unknown>[];
    compiler.use(folder, found.filter((middleware) => typeof middleware === "function"));
  },
  _error: (compiler, folder, module, path) =>
    compiler.scope(folder, { errorRoute: toRoute(module, path) }),
  _404: (compiler, _, module, path) => compiler.notFound = toRoute(module, path),
}));
SPECIAL.set("_500", SPECIAL.get("_error")!);

/** Registers route files with their folders' layouts, middlewares and error pages. */
export function registerFsRoutes<State>(compiler: Compiler<State>, files: FsRoute[]): void {
  const parsed = files.map((file) => ({ ...file, ...parsePath(file.path) }));
  for (const { path, module, folder, name } of parsed) {
    if (typeof module === "object") SPECIAL.get(name)?.(compiler, folder, module, path);
  }
  const pages = parsed.filter(({ name }) => !SPECIAL.has(name));
  pages.sort((a, b) => rank(a.url) < rank(b.url) ? -1 : 1);
  for (const { module, folder, url } of pages) {
    const override = typeof module === "object" ? module.config?.routeOverride : undefined;
    compiler.route(override ?? toPattern(url), module, folder);
  }
}

/** Splits `a/(g)/b.tsx` into its folder `/a/(g)`, name `b` and URL path `/a/b`, brackets kept. */
export function parsePath(path: string): { folder: string; name: string; url: string } {
  const parts = path.replace(/\.[jt]sx?$/, "").split("/");
  const name = parts.pop()!;
  const shown = parts.filter((part) => !/^\(.*\)$/.test(part));
  if (name !== "index") shown.push(name);
  return { folder: ["", ...parts].join("/"), name, url: ["", ...shown].join("/") };
}

/**
 * Makes a URLPattern of a route file's path: `/a/[id]` becomes `/a/:id`.
 *
 * @throws {SyntaxError} if one segment holds two parameters, or an optional one and text
 */
export function toPattern(url: string): string {
  const pattern = url.replaceAll(/\/\[\[(\w+)\]\]/g, "{/:$1}?");
  if (/\]\[|\[\[/.test(pattern)) {
    throw new SyntaxError(`Cannot make a route of ${url}: unsupported parameters`);
  }
  return pattern.replaceAll(/\/\[\.\.\.(\w+)\]/g, "/:$1*").replaceAll(/\[(\w+)\]/g, ":$1") || "/";
}

/** A text that sorts names before parameters, parameters before rest parameters. */
function rank(url: string): string {
  return url.replaceAll("[...", "\uffff").replaceAll("[", "\ufffe").replaceAll("/", "\0");
}
