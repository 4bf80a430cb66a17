/** A build: what it knows about the application, and how an application gets it. */
import type { ComponentType } from "preact";
import type { App, ResolvedFreshConfig } from "./app.ts";
import { setBuildId } from "./asset.ts";
import type { FsRoute } from "./fs_routes.ts";

/** A file that `staticFiles()` serves. */
export interface StaticFile {
  type: string;
  /** SHA-256 in hex; null where the content may change while the server runs. */
  hash: string | null;
  /** Where its content is: a path from the project's root, or the bytes. */
  content: string | Uint8Array<ArrayBuffer>;
}

/** What the build found; `_fresh/snapshot.json` is this written down. */
export interface Snapshot {
  id: string;
  /** Modules in islands folders, as paths from the project's root, by the name of their script. */
  islands: Record<string, string>;
  /** Files below the routes folder; special ones are loaded at start, the others when needed. */
  routes: { path: string; eager: boolean }[];
  /** Static files by their URL path, encoded. */
  files: Record<string, StaticFile>;
}

/** A component that also runs in the browser: an export of the script at `url`. */
export interface Island {
  name: string;
  exportName: string;
  url: string;
}

/** A build with its modules. */
export interface Build {
  id: string;
  config: Pick<ResolvedFreshConfig, "root" | "mode">;
  islands: Map<ComponentType, Island>;
  routes: FsRoute[];
  files: Map<string, StaticFile>;
}

/** The builds attached to applications. */
export const builds: WeakMap<object, Build> = new WeakMap();

/**
 * Loads the modules that are needed from the start: islands and special route files.
 *
 * @param load imports a module by its path from the project's root
 */
export async function loadBuild(
  config: Build["config"],
  snapshot: Snapshot,
  load: (path: string) => Promise<Record<string, unknown>>,
): Promise<Build> {
  const { id } = snapshot;

  // Every function that a module in an islands folder exports is an island.
  const islands: Build["islands"] = new Map();
  const taken = new Set<string>();
  for (const [script, path] of Object.entries(snapshot.islands)) {
    for (const [exportName, component] of Object.entries(await load(path))) {
      if (typeof component !== "function") continue;
      const name = uniqueName(exportName === "default" ? script : exportName, taken);
      islands.set(component as ComponentType, { name, exportName, url: scriptUrl(id, script) });
    }
  }
  const routes = await Promise.all(snapshot.routes.map(async ({ path, eager }) => {
    const module = () => load(`routes/${path}`);
    return { path, module: eager ? await module() : module };
  }));
  return { id, config, islands, routes, files: new Map(Object.entries(snapshot.files)) };
}

/** Attaches a build to an application, before its `handler()` is made. */
export function attachBuild<State>(app: App<State>, build: Build): void {
  Object.assign(app.config, build.config);
  setBuildId(build.id);
  builds.set(app, build);
}

/** The URL of a script that a build makes. */
export function scriptUrl(id: string, name: string): string {
  return `/_fresh/js/${id}/${name}.js`;
}

/**
 * Makes an identifier of a file or export name: `nav-bar` becomes `nav_bar`.
 *
 * @param taken names in use; the new one is added, with `_1` and so on if it is there already
 */
export function uniqueName(name: string, taken: Set<string>): string {
  const identifier = name.replaceAll(/[^\w$]/g, "_").replace(/^(?=\d)/, "_");
  let unique = identifier;
  for (let n = 1; taken.has(unique); n++) unique = `${identifier}_${n}`;
  taken.add(unique);
  return unique;
}
