/**
 * Connections to PostgreSQL, and what its errors mean.
 */
import type postgres from "postgres";
import { openPool } from "./pool.ts";

/** What queries are asked with. */
type Queries = postgres.ISql<{ bigint: number }>;

/** A pool of connections. */
export interface Sql extends Queries {
  /** Runs a transaction on a connection of its own; rolled back where `run` or the commit fails. */
  begin<T>(run: (tx: Transaction) => Promise<T>): Promise<T>;
  /** Opens a transaction on a connection of its own; rolled back unless it is committed. */
  open(): Promise<OpenTransaction>;
  /** Breaks all connections; what runs on them fails, what comes next gets new ones. */
  drop(): Promise<void>;
  /** Breaks all connections for good, at once, as the driver's `end()` does with no timeout given it. */
  end(options?: { readonly timeout: 0 }): Promise<void>;
}

/** A transaction. */
export interface Transaction extends Queries {
  /** Runs a part of it, of which nothing remains where it fails. */
  savepoint<T>(run: (tx: Transaction) => Promise<T>): Promise<T>;
}

/** A transaction that is held open. */
export interface OpenTransaction extends Transaction, AsyncDisposable {
  commit(): Promise<void>;
}

/**
 * Opens a pool; connections are made when first needed, and made again when lost.
 *
 * @param url `postgres://…`
 * @param connections at most so many at once, at least 1
 * @param name what `pg_stat_activity` shows, e.g. `sekali consumer 1`
 * @param timeoutMs longest that a statement may take, 0 for any
 * @param plansOnce whether a prepared statement keeps its first plan whatever its parameters are
 */
export function connect(
  url: string,
  connections: number,
  name: string,
  timeoutMs = 0,
  plansOnce = false,
): Sql {
  return openPool(url, {
    max: connections,
    // The types in use are known: no extra round trip at each connect.
    fetch_types: false,
    // Counters and sequence numbers stay far below 2^53.
    types: { bigint: { to: 20, from: [20], serialize: String, parse: Number } },
    connection: {
      application_name: name,
      TimeZone: "UTC",
      statement_timeout: timeoutMs,
      ...(plansOnce ? { plan_cache_mode: "force_generic_plan" } : {}),
      // An entry leaves the journal after COMMIT: from then on PostgreSQL alone keeps its events. With
      // `off`, which a server, database or role may have as its default, the end of the server's
      // machine or processes would lose what it had committed just before.
      synchronous_commit: "on",
    },
    connect_timeout: 5,
    // The driver's own waits are left to our retries, which are jittered.
    backoff: () => 0,
    onnotice: () => {},
  });
}

/**
 * Waits for the answer to a query, and breaks all connections of its pool where none comes: then it
 * fails, and the next gets a new connection.
 *
 * @param timeoutMs longer than PostgreSQL itself would take
 */
export async function answered<T>(sql: Sql, timeoutMs: number, query: Promise<T>): Promise<T> {
  const timer = setTimeout(() => sql.drop(), timeoutMs);
  try {
    return await query;
  } finally {
    clearTimeout(timer);
  }
}

/** The SQLSTATE of an error, or the driver's code such as `ECONNREFUSED`; `""` if there is none. */
function errorCode(error: unknown): string {
  return String((error as { code?: unknown } | null)?.code ?? "");
}

/**
 * Whether an error says that the server is away: refused, cut off, starting up or shutting down
 * (57P0x), or out of connections (53300). The same may succeed later; a wrong password does not.
 */
export function isUnavailable(error: unknown): boolean {
  return /^(?:ECONN|EPIPE|EHOSTUNREACH|ENOTFOUND|EAI_AGAIN|CONNECT|08|57P0|53300)/.test(
    errorCode(error),
  );
}

/** Whether a statement was given up because it took too long: 57014 `query_canceled`. */
export function isTimeout(error: unknown): boolean {
  return errorCode(error) === "57014";
}

/**
 * Whether an error lies in the data, so that trying the same again cannot help:
 * SQLSTATE classes 21 cardinality, 22 data, 23 constraint, 54 limit exceeded
 * (https://www.postgresql.org/docs/18/errcodes-appendix.html).
 *
 * @example
 * ```ts
 * import { assert } from "node:console";
 * import { isDataError } from "./connect.ts";
 *
 * assert(isDataError({ code: "22P05" }));
 * assert(!isDataError({ code: "40P01" }));
 * ```
 */
export function isDataError(error: unknown): boolean {
  return /^(?:21|22|23|54)[0-9A-Z]{3}$/.test(errorCode(error));
}
