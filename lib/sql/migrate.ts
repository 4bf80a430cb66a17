/**
 * Numbered migrations: each runs once, in order, in one transaction with its record.
 *
 * Two processes that start at once take turns on an advisory lock; the second finds nothing to do.
 */
import { StartupError } from "../errors.ts";
import { logger } from "../logger.ts";
import type { Sql } from "./connect.ts";
import initial from "./migrations/0001_initial.sql" with { type: "text" };
import eventTime from "./migrations/0002_event_time.sql" with { type: "text" };
import retention from "./migrations/0003_retention.sql" with { type: "text" };
import aggregators from "./migrations/0004_aggregators.sql" with { type: "text" };
import parts from "./migrations/0005_parts.sql" with { type: "text" };
import { repartition } from "./partitions.ts";

const log = logger("database");

/** All migrations, the first is number 1. */
const MIGRATIONS: readonly string[] = [initial, eventTime, retention, aggregators, parts];

/** Any constant will do, as long as nothing else in the database locks it. */
const LOCK = 7_353_254;

/**
 * Brings the schema to this version's.
 *
 * @param partitions of the table of events, 0: it is one plain table; undefined: it is left as it is
 * @throws {StartupError} if a newer version has migrated the database
 */
export async function migrate(sql: Sql, partitions?: number): Promise<void> {
  const changed = await sql.begin(async (tx) => {
    await tx`set local statement_timeout = 0`;
    await tx`select pg_advisory_xact_lock(${LOCK})`;
    await tx`
      create table if not exists schema_migrations (
        version    integer     not null,
        applied_at timestamptz not null default now(),
        constraint schema_migrations_pkey primary key (version)
      )`;
    const [row] = await tx<{ version: number }[]>`
      select coalesce(max(version), 0) as version from schema_migrations`;
    const version = row!.version;
    if (version > MIGRATIONS.length) {
      throw new StartupError(
        `Cannot start: the database has schema ${version}, this version knows ${MIGRATIONS.length}`,
      );
    }
    for (const [at, migration] of MIGRATIONS.entries()) {
      if (at + 1 <= version) continue;
      await tx.unsafe(migration);
      await tx`insert into schema_migrations (version) values (${at + 1})`;
    }
    return partitions === undefined ? undefined : await repartition(tx, partitions);
  });
  if (changed === undefined) return;
  log.info("The events have {partitions} partitions now: {rows} rows in {seconds} s", {
    partitions,
    rows: changed.rows,
    seconds: Math.round(changed.ms / 100) / 10,
  });
}
