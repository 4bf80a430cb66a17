/**
 * The database's files: `DATA_DIR/postgres`, closed to everybody but the user of this process.
 *
 * ```
 * data/         the data directory of PostgreSQL, owned by the user that runs the server
 * password      of the role `sekali`
 * server.log    PostgreSQL's log, and server.log.1 before it
 * ```
 *
 * A new data directory is filled under another name and renamed when it is complete, role and
 * database included: a crash on the way leaves nothing that a later start could take for a database.
 */
import { join } from "node:path";
import { StartupError } from "../errors.ts";
import { exists, flushDirectory, readIfExists, writePrivately } from "./files.ts";
import type { Programs } from "./install.ts";
import { PASSWORD_BYTES } from "./limits.ts";
import { MAJOR_VERSION, type ServerUser, unprivilegedUser } from "./platform.ts";
import { type Cluster, type Outcome, runProgram } from "./programs.ts";
import { failureReason } from "./server_log.ts";
import { ACCESS_RULES, initdbArguments, ROLE, singleUserArguments } from "./settings.ts";

const UNFINISHED = "unfinished-";

/**
 * Opens the data directory, creating it if there is none.
 *
 * @param home absolute path of `DATA_DIR/postgres`
 * @throws {StartupError} if it cannot be created, is another user's or another major version's
 */
export async function openCluster(programs: Programs, home: string): Promise<Cluster> {
  const directory = join(home, "data");
  await Deno.mkdir(home, { recursive: true, mode: 0o700 });
  await removeUnfinished(home);
  if (!await exists(directory)) await createCluster(programs, home, directory);
  await mustBeOurVersion(directory);
  return { programs, directory, user: await ownerOf(directory) };
}

/**
 * The password of the role `sekali`; where its file was lost, the role gets a new one.
 *
 * The server must not be running.
 *
 * @param home absolute path of `DATA_DIR/postgres`
 * @throws {StartupError} if the role cannot be given one
 */
export async function openPassword(cluster: Cluster, home: string): Promise<string> {
  const file = join(home, "password");
  const known = await readIfExists(file);
  if (known !== undefined) return known.trim();
  const password = randomPassword();
  await runStatements(cluster, [`alter role ${ROLE} password '${password}'`], { flush: true });
  await writePrivately(file, password);
  return password;
}

async function createCluster(programs: Programs, home: string, directory: string): Promise<void> {
  const user = Deno.uid() === 0 ? await chooseUser() : undefined;
  const cluster = { programs, directory: join(home, UNFINISHED + crypto.randomUUID()), user };
  await Deno.mkdir(cluster.directory, { mode: 0o700 });
  if (user) await Deno.chown(cluster.directory, user.uid, user.gid);

  mustSucceed("initdb", await runProgram(cluster, "initdb", initdbArguments()));
  await Deno.writeTextFile(join(cluster.directory, "pg_hba.conf"), ACCESS_RULES);
  const password = randomPassword();
  await runStatements(cluster, [
    `create role ${ROLE} login password '${password}'`,
    `create database ${ROLE} owner ${ROLE}`,
  ], { flush: false });
  mustSucceed("initdb", await runProgram(cluster, "initdb", ["--sync-only"]));

  await writePrivately(join(home, "password"), password);
  await Deno.rename(cluster.directory, directory);
  await flushDirectory(home);
}

/** An `initdb` of a killed run may still be writing there; then a later start removes the rest. */
async function removeUnfinished(home: string): Promise<void> {
  for await (const { name } of Deno.readDir(home)) {
    if (!name.startsWith(UNFINISHED)) continue;
    await Deno.remove(join(home, name), { recursive: true }).catch(() => {});
  }
}

async function chooseUser(): Promise<ServerUser> {
  const user = unprivilegedUser(await Deno.readTextFile("/etc/passwd"));
  if (user !== undefined) return user;
  throw new StartupError(
    "Cannot start: PostgreSQL does not run as root, and there is no user postgres or nobody; " +
      "start as an ordinary user, or set DATABASE_URL",
  );
}

/** Existing data stays with its user, even where `chooseUser` would choose another by now. */
async function ownerOf(directory: string): Promise<ServerUser | undefined> {
  const { uid, gid } = await Deno.stat(directory);
  if (uid === null || gid === null) return undefined; // Windows
  if (uid === 0) {
    throw new StartupError(
      `Cannot start: ${directory} belongs to root, as which PostgreSQL does not run; ` +
        "give it back to the user that it belonged to (chown -R)",
    );
  }
  if (uid === Deno.uid()) return undefined;
  if (Deno.uid() === 0) return { uid, gid };
  throw new StartupError(
    `Cannot start: ${directory} belongs to user id ${uid}, and this is user id ${Deno.uid()}`,
  );
}

async function mustBeOurVersion(directory: string): Promise<void> {
  const version = (await readIfExists(join(directory, "PG_VERSION")))?.trim();
  if (version === MAJOR_VERSION) return;
  throw new StartupError(
    version === undefined
      ? `Cannot start: ${directory} is no PostgreSQL data directory: it has no file PG_VERSION`
      : `Cannot start: ${directory} was made by PostgreSQL ${version}, this is ${MAJOR_VERSION}; ` +
        "move the data with pg_dump, or choose another DATA_DIR",
  );
}

/** Runs SQL as the superuser, without a server: nobody else can be connected meanwhile. */
async function runStatements(
  cluster: Cluster,
  statements: readonly string[],
  options: { flush: boolean },
): Promise<void> {
  const args = ["--single", ...singleUserArguments(options)];
  const outcome = await runProgram(cluster, "postgres", args, statements.join("\n") + "\n");
  // After an error in a statement PostgreSQL goes on to the next, and ends with success.
  const hasFailed = outcome.lines.some((line) => line.includes("ERROR:"));
  mustSucceed("postgres --single", { ...outcome, success: outcome.success && !hasFailed });
}

function mustSucceed(program: string, { success, lines }: Outcome): void {
  if (success) return;
  throw new StartupError(
    `Cannot prepare the embedded PostgreSQL: ${program}: ${failureReason(lines) ?? "failed"}`,
  );
}

/** Hexadecimal digits: the same in SQL and in a URL. */
function randomPassword(): string {
  return crypto.getRandomValues(new Uint8Array(PASSWORD_BYTES)).toHex();
}
