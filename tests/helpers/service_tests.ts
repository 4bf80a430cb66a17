/**
 * Tests that each have a service of their own, on an empty schema.
 */
import { type TestDatabase, usePostgres } from "./database.ts";
import { type Service, startService, temporaryDirectory } from "./service.ts";

/** A test against a service; `database` is what it writes to. */
export type ServiceTest = (service: Service, database: TestDatabase) => Promise<void>;

/**
 * Makes the function that defines a test.
 *
 * @param postgres the module's server, where it has one already
 * @returns it; its `env` is given to the service, beside what it needs
 */
export function useService(postgres = usePostgres()): (
  name: string,
  body: ServiceTest,
  env?: Record<string, string>,
) => void {
  return (name, body, env = {}) =>
    Deno.test(name, async () => {
      await using database = await postgres.database({ migrated: false });
      await using data = await temporaryDirectory();
      await using service = await startService({
        DATABASE_URL: database.url,
        DATA_DIR: data.path,
        ...env,
      });
      await body(service, database);
    });
}
