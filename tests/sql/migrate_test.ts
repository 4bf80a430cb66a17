/**
 * Does the schema come about once, whoever starts first, and is one of a newer version left alone?
 */
import assert from "node:assert/strict";
import { StartupError } from "../../lib/errors.ts";
import { connect, type Sql } from "../../lib/sql/connect.ts";
import { migrate } from "../../lib/sql/migrate.ts";
import { usePostgres } from "../helpers/database.ts";

const postgres = usePostgres();

/** Everything that the schema of a connection holds. */
async function objects(sql: Sql): Promise<string[]> {
  const rows = await sql<{ name: string }[]>`
    select relkind::text || ' ' || relname as name from pg_class
    where relnamespace = current_schema()::regnamespace order by 1`;
  return rows.map(({ name }) => name);
}

async function migrations(sql: Sql) {
  return [
    ...await sql<{ version: number; applied_at: Date }[]>`
    select version, applied_at from schema_migrations order by version`,
  ];
}

Deno.test("migrate() makes all tables and records each migration by number", async () => {
  await using database = await postgres.database({ migrated: false });
  assert.deepEqual(await objects(database.sql), []);
  await migrate(database.sql);
  const made = await objects(database.sql);
  for (
    const table of [
      "processed_events",
      "aggregator_stats",
      "topic_stats",
      "applied_entries",
      "dead_letters",
    ]
  ) {
    assert.ok(made.includes(`r ${table}`), table);
  }
  const versions = (await migrations(database.sql)).map(({ version }) => version);
  assert.ok(versions.length >= 1);
  assert.deepEqual(versions, versions.map((_, at) => at + 1));
});

Deno.test("migrate() does nothing the second time", async () => {
  await using database = await postgres.database();
  const { sql } = database;
  await sql`insert into aggregator_stats values (1, 3, 2, 1, 0)`;
  const [made, recorded] = [await objects(sql), await migrations(sql)];
  await migrate(sql);
  assert.deepEqual(await objects(sql), made);
  assert.deepEqual(await migrations(sql), recorded);
  assert.equal((await sql`select from aggregator_stats`).length, 1);
});

Deno.test("migrate() by several processes at once makes one schema", async () => {
  await using database = await postgres.database({ migrated: false });
  const others = Array.from({ length: 4 }, () => connect(database.url, 1, "sekali test"));
  try {
    // Connected first, so that they really start together.
    await Promise.all(others.map((sql) => sql`select 1`));
    await Promise.all(others.map((sql) => migrate(sql)));
  } finally {
    await Promise.all(others.map((sql) => sql.end({ timeout: 0 })));
  }
  const versions = (await migrations(database.sql)).map(({ version }) => version);
  assert.deepEqual(versions, versions.map((_, at) => at + 1));
});

Deno.test("migrate() leaves no lock behind", async () => {
  await using database = await postgres.database();
  const locks = await database.sql`
    select from pg_locks join pg_stat_activity using (pid)
    where locktype = 'advisory' and pid in (
      select pid from pg_stat_activity where application_name = 'sekali test'
    )`;
  assert.equal(locks.length, 0);
});

Deno.test("migrate() refuses a schema of a newer version in one line, and leaves it alone", async () => {
  await using database = await postgres.database();
  const { sql } = database;
  await sql`insert into schema_migrations (version) values (4711)`;
  const [made, recorded] = [await objects(sql), await migrations(sql)];
  await assert.rejects(migrate(sql), (error) => {
    assert.ok(error instanceof StartupError, String(error));
    assert.match(error.message, /^Cannot start: [^\n]*\b4711\b[^\n]*$/);
    return true;
  });
  assert.deepEqual(await objects(sql), made);
  assert.deepEqual(await migrations(sql), recorded);
});
