/**
 * PostgreSQL's settings: what holds always, what an operator may change, and who may connect.
 *
 * The only way in is the role `sekali` with its password, from this machine, over TCP. The database's
 * superuser has no password and no line in `pg_hba.conf`: nobody connects as it.
 */

/** The role and the database of the service; the role owns the database and is no superuser. */
export const ROLE = "sekali";

/** The database's superuser, reached in single-user mode only. */
export const SUPERUSER = "postgres";

/** Contents of `pg_hba.conf`; who is not listed is turned away. */
export const ACCESS_RULES = `host ${ROLE} ${ROLE} 127.0.0.1/32 scram-sha-256\n`;

/** Beginning of a log line, before `LOG:` and the like. */
const LOG_LINE_PREFIX = "%m [%p] ";

/** Invariants, given on the command line, where nothing in the data directory can override them. */
const ALWAYS: Record<string, string> = {
  // A commit that was acknowledged survives the end of the process and of the machine.
  fsync: "on",
  synchronous_commit: "on",
  full_page_writes: "on",
  // Reached from this machine only. A socket's directory would have to be reachable for both sides.
  listen_addresses: "127.0.0.1",
  unix_socket_directories: "",
  password_encryption: "scram-sha-256",
  // The log goes through this process, which bounds it and finds there that the server is ready.
  logging_collector: "off",
  log_destination: "stderr",
  log_line_prefix: LOG_LINE_PREFIX,
  lc_messages: "C",
  cluster_name: "sekali",
};

/**
 * Sizes for a small machine, written to `postgresql.conf` once, for the operator to change. Long
 * distances between checkpoints, because the first change of a page after each is logged in full.
 */
const ADJUSTABLE: Record<string, string> = {
  shared_buffers: "256MB",
  max_connections: "50",
  max_wal_size: "4GB",
  checkpoint_timeout: "15min",
  checkpoint_completion_target: "0.9",
  wal_compression: "off", // measured: compressing costs more than the smaller log gains
  wal_level: "minimal",
  max_wal_senders: "0", // nobody replicates from here
  jit: "off", // queries are short
  timezone: "UTC",
  log_timezone: "UTC",
};

/** Arguments for `postgres`, beside `-D`. */
export function serverArguments(port: number): string[] {
  return toArguments("-c", { ...ALWAYS, port: String(port) });
}

/** Arguments for `initdb`, beside `-D`. The files are flushed later, all at once. */
export function initdbArguments(): string[] {
  return [
    `--username=${SUPERUSER}`,
    "--auth=reject",
    "--encoding=UTF8",
    "--locale=C",
    "--locale-provider=builtin",
    "--builtin-locale=C.UTF-8",
    "--no-sync",
    "--no-instructions",
    ...toArguments("-c", ADJUSTABLE),
  ];
}

/** Arguments for `postgres` in single-user mode, beside `-D`. */
export function singleUserArguments(options: { flush: boolean }): string[] {
  return toArguments("-c", {
    fsync: options.flush ? "on" : "off",
    log_line_prefix: LOG_LINE_PREFIX,
    lc_messages: "C",
  }).concat(SUPERUSER);
}

function toArguments(flag: string, settings: Record<string, string>): string[] {
  return Object.entries(settings).flatMap(([name, value]) => [flag, `${name}=${value}`]);
}
