/** Finds the files that a build is made of: routes, islands, static files. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { extname, join, relative } from "node:path";
import { pathToFileURL } from "node:url";
import { type Snapshot, type StaticFile, uniqueName } from "./build.ts";
import { parsePath, SPECIAL } from "./fs_routes.ts";

const TYPES: Record<string, string> = {
  css: "text/css; charset=UTF-8",
  html: "text/html; charset=UTF-8",
  ico: "image/vnd.microsoft.icon",
  jpg: "image/jpeg",
  js: "text/javascript; charset=UTF-8",
  json: "application/json; charset=UTF-8",
  map: "application/json; charset=UTF-8",
  png: "image/png",
  svg: "image/svg+xml; charset=UTF-8",
  txt: "text/plain; charset=UTF-8",
  webmanifest: "application/manifest+json",
  webp: "image/webp",
  woff2: "font/woff2",
};

/** The content type that a file's name tells. */
export function contentType(name: string): string {
  return TYPES[extname(name).slice(1)] ?? "application/octet-stream";
}

/**
 * Finds the routes. Folders in brackets with an underscore hold none. Special files, and those that
 * say where they belong, are to be loaded at start.
 */
export function findRoutes(root: string): Snapshot["routes"] {
  return listSources(root, "routes")
    .map((path) => path.slice("routes/".length))
    .filter((path) => !/(^|\/)\(_[^/]*\)\//.test(path))
    .map((path) => ({
      path,
      eager: SPECIAL.has(parsePath(path).name) ||
        readFileSync(join(root, "routes", path), "utf8").includes("routeOverride"),
    }));
}

/** Finds modules in `islands` and in folders `(_islands)` of routes. */
export function findIslands(root: string): Snapshot["islands"] {
  const inRoutes = listSources(root, "routes").filter((path) => path.includes("/(_islands)/"));
  const taken = new Set<string>();
  return Object.fromEntries(
    [...listSources(root, "islands"), ...inRoutes]
      .map((path) => [uniqueName(parsePath(path).name, taken), path]),
  );
}

/**
 * Finds static files. Style sheets that name local URLs are changed to name this build's; all else
 * is served from where it is.
 */
export function findStaticFiles(root: string, buildId: string): Record<string, StaticFile> {
  return Object.fromEntries(
    listFiles(root, "static").map((path) => {
      const css = path.endsWith(".css") ? readFileSync(join(root, path), "utf8") : "";
      const marked = css.replaceAll(
        /url\(\s*(["']?)(\/(?!\/)[^"')]*)\1\s*\)/g,
        (_, _quote, url) => `url("${url}${url.includes("?") ? "&" : "?"}__frsh_c=${buildId}")`,
      );
      const content = marked === css ? path : new TextEncoder().encode(marked);
      const { pathname } = pathToFileURL(path.slice("static".length));
      return [pathname, { type: contentType(path), hash: null, content }];
    }),
  );
}

function listSources(root: string, folder: string): string[] {
  return listFiles(root, folder)
    .filter((path) => /\.[jt]sx?$/.test(path) && !/[._]test\.[jt]sx?$/.test(path));
}

/** All files below a folder as paths from `root`, sorted; none if it does not exist. */
function listFiles(root: string, folder: string): string[] {
  if (!existsSync(join(root, folder))) return [];
  return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(root, join(entry.parentPath, entry.name)).replaceAll("\\", "/"))
    .sort();
}
