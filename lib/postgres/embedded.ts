/**
 * The embedded PostgreSQL: a real server, from npm, as a child of this process.
 *
 * All of its data lies under `DATA_DIR/postgres`. It listens on this machine only, and only for the
 * role `sekali` with its password. A commit that it acknowledged survives any crash, and the next
 * start recovers, whatever was killed: the server, this process, or both.
 *
 * It is not restarted when it ends unexpectedly (`exited` tells), and it outlives a killed process
 * until the next start, which stops it first.
 */
import { join } from "node:path";
import { reason, StartupError } from "../errors.ts";
import { openCluster, openPassword } from "./cluster.ts";
import { installPrograms } from "./install.ts";
import { stopOrphan } from "./orphan.ts";
import { startServer } from "./server.ts";
import { ROLE } from "./settings.ts";

/** A running server. */
export interface EmbeddedPostgres {
  /** `postgres://sekali:<password>@127.0.0.1:<port>/sekali`; never log it. */
  readonly url: string;
  /** Such as `18.4`. */
  readonly version: string;
  /** Resolves when the server has ended, wanted or not. */
  readonly exited: Promise<Deno.CommandStatus>;
  /** Shuts down and waits until the server is gone; may be called twice. */
  stop(): Promise<void>;
}

/**
 * Starts the server: installs it at the first start, creates the database if there is none, and stops
 * a server that a killed run has left behind.
 *
 * @param dataDir absolute path of `DATA_DIR`, which the caller holds exclusively
 * @param preferredPort used if it is free, so that a restarted server keeps its URL; 0 for any
 * @throws {StartupError} if it cannot run here, with PostgreSQL's own reason
 */
export async function startEmbeddedPostgres(
  dataDir: string,
  preferredPort = 0,
): Promise<EmbeddedPostgres> {
  const home = join(dataDir, "postgres");
  try {
    const cluster = await openCluster(await installPrograms(), home);
    await stopOrphan(cluster);
    const password = await openPassword(cluster, home);
    const server = await startServer(cluster, home, preferredPort);
    const credentials = `${ROLE}:${encodeURIComponent(password)}`;
    const url = `postgres://${credentials}@127.0.0.1:${server.port}/${ROLE}`;
    return { url, version: server.version, exited: server.exited, stop: server.stop };
  } catch (error) {
    if (error instanceof StartupError || !isOperatingError(error)) throw error;
    throw new StartupError(`Cannot start the embedded PostgreSQL in ${home}: ${reason(error)}`);
  }
}

/** Of the operating system (permission denied, disk full), not a mistake of ours. */
function isOperatingError(error: unknown): boolean {
  return Object.values(Deno.errors).some((type) => error instanceof type);
}
