/**
 * Makes the browser's scripts: one for each island module, one that starts them, shared chunks.
 *
 * Deno says what the sources' imports stand for (`deno info --json`), import map, `links` and lock
 * file included; esbuild gets that as aliases. npm packages lie in Deno's cache, where esbuild would
 * not look; so each is linked into one folder that esbuild treats like `node_modules`.
 */
import * as esbuild from "esbuild";
import { existsSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

/** The part of `deno info --json` that is read here. */
interface ModuleGraph {
  modules: { dependencies?: { specifier: string; code?: { specifier?: string } }[] }[];
  redirects: Record<string, string>;
  npmPackages: Record<string, { name: string; localPath?: string }>;
}

/**
 * Bundles the islands and what they import; server code is never an input.
 *
 * @param root the project's folder, in or below the one that has `deno.json`
 * @param islands paths from `root` by the name of the script
 * @returns contents by file name, empty without islands
 * @throws {Error} if a module does not parse or an import is not found
 */
export async function bundleIslands(
  root: string,
  islands: Record<string, string>,
  minify: boolean,
): Promise<Map<string, Uint8Array<ArrayBuffer>>> {
  if (Object.keys(islands).length === 0) return new Map();
  const entryPoints: Record<string, string> = {
    "fresh-runtime": fileURLToPath(new URL("./client.ts", import.meta.url)),
  };
  for (const [script, path] of Object.entries(islands)) entryPoints[script] = join(root, path);

  const packages = await Deno.makeTempDir({ prefix: "fresh-" });
  try {
    const graph = await readGraph(root, Object.values(entryPoints), join(packages, "entry.ts"));
    for (const { name, localPath } of Object.values(graph.npmPackages)) {
      const link = join(packages, name);
      if (localPath === undefined || existsSync(link)) continue;
      await Deno.mkdir(dirname(link), { recursive: true });
      await Deno.symlink(localPath, link, { type: "dir" });
    }
    const { outputFiles } = await esbuild.build({
      entryPoints,
      alias: aliases(graph),
      nodePaths: [packages],
      absWorkingDir: root,
      outdir: root,
      chunkNames: "chunk-[hash]",
      bundle: true,
      splitting: true,
      format: "esm",
      target: ["chrome99", "firefox99", "safari15"],
      minify,
      sourcemap: !minify && "linked",
      jsx: "automatic",
      jsxImportSource: "preact",
      write: false,
      logLevel: "silent", // Failures are thrown with all that is known about them.
    });
    return new Map(outputFiles.map(({ path, contents }) => [
      basename(path),
      contents as Uint8Array<ArrayBuffer>,
    ]));
  } finally {
    await Deno.remove(packages, { recursive: true });
    await esbuild.stop();
  }
}

/** Reads the graph of `files` as modules of the project, through a module that imports them. */
async function readGraph(root: string, files: string[], entry: string): Promise<ModuleGraph> {
  const imports = files.map((file) => `import ${JSON.stringify(pathToFileURL(file).href)};`);
  await Deno.writeTextFile(entry, imports.join("\n"));
  const config = findConfig(root);
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["info", "--json", ...config ? ["--config", config] : [], entry],
    cwd: root,
  }).output();
  if (success) return JSON.parse(new TextDecoder().decode(stdout));
  throw new Error(`Cannot resolve island imports: ${new TextDecoder().decode(stderr)}`);
}

function findConfig(folder: string): string | undefined {
  const found = ["deno.json", "deno.jsonc"].map((name) => join(folder, name)).find(existsSync);
  return found ?? (dirname(folder) === folder ? undefined : findConfig(dirname(folder)));
}

/** What imports by name stand for: a file, or a name below the folder of packages. */
function aliases({ modules, redirects }: ModuleGraph): Record<string, string> {
  const found: Record<string, string> = {};
  for (const { specifier, code } of modules.flatMap(({ dependencies = [] }) => dependencies)) {
    if (code?.specifier === undefined || /^\.{0,2}\/|^file:/.test(specifier)) continue;
    const target = redirects[code.specifier] ?? code.specifier;
    const path = target.startsWith("file:") ? fileURLToPath(target) : npmName(target);
    if (path !== undefined && path !== specifier) found[specifier] = path;
  }
  return found;
}

/** `npm:/@scope/name@1.0.0/sub` without its version: `@scope/name/sub`. */
export function npmName(specifier: string): string | undefined {
  const match = /^npm:\/?((?:@[^/]+\/)?[^/@]+)(?:@[^/]+)?(\/.*)?$/.exec(specifier);
  return match ? match[1]! + (match[2] ?? "") : undefined;
}
