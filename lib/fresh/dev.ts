/** Builds an application: island scripts, the list of routes, the list of static files. */
import { createHash } from "node:crypto";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import type { App, ListenOptions, ResolvedFreshConfig } from "./app.ts";
import { attachBuild, loadBuild, type Snapshot, type StaticFile } from "./build.ts";
import { bundleIslands } from "./bundle.ts";
import { contentType, findIslands, findRoutes, findStaticFiles } from "./sources.ts";

export interface BuildOptions {
  /** The project's folder, a path or file URL; the working directory by default. */
  root?: string;
}

export class Builder {
  readonly #root: string;

  constructor({ root = "." }: BuildOptions = {}) {
    this.#root = resolve(root.startsWith("file:") ? fileURLToPath(root) : root);
  }

  /**
   * Builds, to disk by default, where `_fresh/server.js` starts the application. That imports no
   * module of the application; a build in memory imports islands and special route files.
   *
   * @returns a function that attaches a build in memory to an application, before its `handler()` is
   * made; after a build to disk it throws
   */
  async build<State>(
    { mode = "production", snapshot: place = "disk" }: {
      mode?: ResolvedFreshConfig["mode"];
      snapshot?: "disk" | "memory";
    } = {},
  ): Promise<(app: App<State>) => void> {
    const root = this.#root;
    const snapshot = await makeSnapshot(root, mode);
    if (place === "memory") {
      const load = (path: string) => import(pathToFileURL(join(root, path)).href);
      const build = await loadBuild({ root, mode }, snapshot, load);
      return (app) => attachBuild(app, build);
    }
    await writeSnapshot(root, snapshot);
    return () => {
      throw new Error("Cannot attach a build on disk: run its server.js, or build in memory");
    };
  }

  /**
   * Builds in memory and serves the application in development mode.
   *
   * @param importApp imports the module that exports `app`
   */
  async listen<State>(
    importApp: () => Promise<{ app: App<State> }>,
    options: ListenOptions = {},
  ): Promise<void> {
    const { app } = await importApp();
    const attach = await this.build<State>({ mode: "development", snapshot: "memory" });
    attach(app);
    await app.listen(options);
  }
}

async function makeSnapshot(root: string, mode: ResolvedFreshConfig["mode"]): Promise<Snapshot> {
  const version = ["DENO_DEPLOYMENT_ID", "GITHUB_SHA", "CI_COMMIT_SHA"]
    .map((name) => Deno.env.get(name))
    .find((value) => value) ?? crypto.randomUUID();
  const id = createHash("sha1").update(version).digest("hex");
  const islands = findIslands(root);
  const files = findStaticFiles(root, id);
  for (const [name, content] of await bundleIslands(root, islands, mode === "production")) {
    files[`/_fresh/js/${id}/${name}`] = { type: contentType(name), hash: null, content };
  }
  return { id, islands, routes: findRoutes(root), files };
}

/**
 * Writes a build to `_fresh`: `server.js` to start it, `snapshot.json` with what it knows, and those
 * static files that do not exist elsewhere. Scripts of an earlier build are removed.
 *
 * Each file is replaced at once: an application that runs from here, or starts, finds all of it.
 */
async function writeSnapshot(root: string, snapshot: Snapshot): Promise<void> {
  const out = join(root, "_fresh");
  const scripts = join(out, "static", "_fresh", "js");
  await Deno.mkdir(scripts, { recursive: true });
  const files: Record<string, StaticFile> = {};
  for (const [url, { type, content }] of Object.entries(snapshot.files)) {
    const path = typeof content === "string" ? content : `_fresh/static${url}`;
    if (typeof content !== "string") {
      await Deno.mkdir(dirname(join(root, path)), { recursive: true });
      await replaceFile(join(root, path), content);
    }
    const hash = createHash("sha256").update(await Deno.readFile(join(root, path))).digest("hex");
    files[url] = { type, hash, content: path };
  }
  await replaceFile(join(out, "snapshot.json"), JSON.stringify({ ...snapshot, files }));
  const paths = [
    ...Object.values(snapshot.islands),
    ...snapshot.routes.map(({ path }) => `routes/${path}`),
  ];
  await replaceFile(join(out, "server.js"), serverModule(paths));
  await removeOthers(scripts, snapshot.id);
}

async function replaceFile(path: string, content: string | Uint8Array): Promise<void> {
  const unfinished = `${path}.${crypto.randomUUID()}`;
  await Deno.writeFile(
    unfinished,
    typeof content === "string" ? new TextEncoder().encode(content) : content,
  );
  await Deno.rename(unfinished, path);
}

async function removeOthers(directory: string, kept: string): Promise<void> {
  for (const { name } of await Array.fromAsync(Deno.readDir(directory))) {
    if (name !== kept) await Deno.remove(join(directory, name), { recursive: true });
  }
}

/** The module that starts the application. Its imports are literal, so that Deno knows them all. */
function serverModule(paths: string[]): string {
  const imports = paths.map((path) =>
    `  ${JSON.stringify(path)}: () => import(${JSON.stringify(`../${path}`)}),\n`
  );
  return `import { attachBuild, loadBuild } from "fresh/internal";
import { app } from "../main.ts";
import snapshot from "./snapshot.json" with { type: "json" };

const modules = {
${imports.join("")}};
const config = { root: \`\${import.meta.dirname}/..\`, mode: "production" };
attachBuild(app, await loadBuild(config, snapshot, (path) => modules[path]()));
export default { fetch: app.handler() };
`;
}
