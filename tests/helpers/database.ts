/**
 * A real PostgreSQL for the tests of a module, and a schema of its own for each test.
 *
 * Under `deno task test` it is the server of the lane (`tests/run/main.ts`), else one of the module's
 * own. Either way nobody else uses it meanwhile.
 */
import { startEmbeddedPostgres } from "../../lib/postgres/embedded.ts";
import { connect, type Sql } from "../../lib/sql/connect.ts";
import { migrate } from "../../lib/sql/migrate.ts";

/** A schema that nothing else uses. */
export interface TestDatabase extends AsyncDisposable {
  /** Connections go straight to the schema. */
  readonly url: string;
  readonly sql: Sql;
}

/** Gives the tests of this module a server. */
export function usePostgres(): {
  database(options?: { migrated?: boolean; partitions?: number }): Promise<TestDatabase>;
} {
  const ofLane = Deno.env.get("TEST_DATABASE_URL");
  const server = ofLane === undefined ? startAround() : { url: ofLane };
  return {
    async database({ migrated = true, partitions } = {}) {
      const schema = `test_${crypto.randomUUID().replaceAll("-", "")}`;
      const url = `${server.url}?search_path=${schema}`;
      const sql = connect(url, 4, "sekali test");
      await sql`create schema ${sql(schema)}`;
      if (migrated) await migrate(sql, partitions);
      return { url, sql, [Symbol.asyncDispose]: () => sql.end({ timeout: 0 }) };
    },
  };
}

/** Starts a server before the tests of this module and stops it after them. */
function startAround(): { url: string } {
  const started = { url: "" };
  let server: Awaited<ReturnType<typeof startEmbeddedPostgres>>;
  let directory: string;
  Deno.test.beforeAll(async () => {
    directory = await Deno.makeTempDir({ prefix: "sekali-test-" });
    server = await startEmbeddedPostgres(directory);
    started.url = server.url;
  });
  Deno.test.afterAll(async () => {
    await server.stop();
    await Deno.remove(directory, { recursive: true });
  });
  return started;
}
