/**
 * Connections to PostgreSQL, and what its errors mean.
 */
import postgres from "postgres";

/** A pool of connections. */
export type Sql = postgres.Sql<{ bigint: number }>;

/** A transaction of one of its connections. */
export type Transaction = postgres.TransactionSql<{ bigint: number }>;

/**
 * Opens a pool; connections are made when first needed, and made again when lost.
 *
 * @param url `postgres://…`
 * @param connections at most so many at once, at least 1
 * @param name what `pg_stat_activity` shows, e.g. `sekali consumer 1`
 * @param timeoutMs longest that a statement may take, 0 for any
 */
export function connect(url: string, connections: number, name: string, timeoutMs = 0): Sql {
  return postgres(url, {
    max: connections,
    // The types in use are known: no extra round trip at each connect.
    fetch_types: false,
    // Counters and sequence numbers stay far below 2^53.
    types: { bigint: { to: 20, from: [20], serialize: String, parse: Number } },
    connection: { application_name: name, TimeZone: "UTC", statement_timeout: timeoutMs },
    connect_timeout: 5,
    // The driver's own waits are left to our retries, which are jittered.
    backoff: () => 0,
    onnotice: () => {},
  });
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
