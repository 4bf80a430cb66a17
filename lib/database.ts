/**
 * The database: the operator's where `DATABASE_URL` names one, else our own under `DATA_DIR`.
 */
import type { Config } from "./config.ts";
import { reason, StartupError } from "./errors.ts";
import { DATABASE_WAIT_MS, QUERY_CONNECTIONS, QUERY_TIMEOUT_MS } from "./limits.ts";
import { logger } from "./logger.ts";
import type { DatabaseStats } from "./snapshot.ts";
import { supervisePostgres } from "./postgres/supervise.ts";
import { connect, isUnavailable, type Sql } from "./sql/connect.ts";
import { migrate } from "./sql/migrate.ts";
import { readVersion } from "./sql/server.ts";
import { waitUntilUp } from "./wait_until_up.ts";

const log = logger("database");

export interface Database {
  /** Connections for queries. */
  readonly sql: Sql;
  /** May hold a password: never log it. */
  readonly url: string;
  readonly stats: DatabaseStats;
  stop(): Promise<void>;
}

/**
 * Opens the database and brings its schema up to date.
 *
 * @throws {StartupError} if it cannot be used
 */
export async function openDatabase(config: Config): Promise<Database> {
  const embedded = config.databaseUrl === undefined
    ? await supervisePostgres(config.dataDir)
    : undefined;
  const url = config.databaseUrl ?? embedded!.url;
  const sql = connect(url, QUERY_CONNECTIONS, "sekali queries", QUERY_TIMEOUT_MS);
  const stop = async () => {
    await sql.end({ timeout: 0 });
    await embedded?.stop();
  };
  try {
    const version = await waitUntilUp(() => readVersion(sql), {
      withinMs: DATABASE_WAIT_MS,
      mayPass: isUnavailable,
      onWait: (error) => log.warn("Waiting for the database: {reason}", { reason: reason(error) }),
    });
    await migrate(sql, config.partitions);
    const at = embedded === undefined ? withoutCredentials(url) : "embedded";
    return { sql, url, stats: { version, at }, stop };
  } catch (error) {
    await stop();
    if (error instanceof StartupError) throw error;
    throw new StartupError(`Cannot start: the database is not usable: ${reason(error)}`);
  }
}

function withoutCredentials(url: string): string {
  const { hostname, port, pathname } = new URL(url);
  return `${hostname}:${port || 5432}${pathname}`;
}
