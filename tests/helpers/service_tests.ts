/**
 * Tests that each have a service of their own, on an empty schema; or share one, since a service costs
 * more than a second to start: emptied before each of them, or filled once where they only look.
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
      await using running = await startEmpty(postgres, env);
      await body(running.service, running.database);
    });
}

/**
 * Tests that follow one another on one service, its store emptied before each. What it holds in memory
 * (rates, what was repeated lately) stays, and seqs go on.
 *
 * @returns the function that defines a test
 */
export function useEmptiedService(postgres = usePostgres()): (
  name: string,
  body: ServiceTest,
) => void {
  let running: Awaited<ReturnType<typeof startEmpty>>;
  Deno.test.beforeAll(async () => {
    running = await startEmpty(postgres, {});
  });
  Deno.test.afterAll(() => running[Symbol.asyncDispose]());
  return (name, body) =>
    Deno.test(name, async () => {
      const { service, database } = running;
      await service.settled();
      await database.sql`truncate processed_events, aggregator_stats, topic_stats, dead_letters`;
      await body(service, database);
    });
}

/**
 * One service for all tests of a module, on an empty schema: for tests that only read, or that mind
 * nothing but their own topics.
 *
 * @param fill gives it its events before the first test
 * @param env is given to the service, beside what it needs
 * @returns a function that gives the service to a test
 */
export function shareService(
  fill: (service: Service, database: TestDatabase) => Promise<void> = async () => {},
  postgres = usePostgres(),
  env: Record<string, string> = {},
): () => Service {
  let running: Awaited<ReturnType<typeof startEmpty>>;
  Deno.test.beforeAll(async () => {
    running = await startEmpty(postgres, env);
    await fill(running.service, running.database);
  });
  Deno.test.afterAll(() => running[Symbol.asyncDispose]());
  return () => running.service;
}

/**
 * Tests that share one service.
 *
 * @param env is given to the service, beside what it needs
 * @returns the function that defines a test
 */
export function useSharedService(env: Record<string, string> = {}, postgres = usePostgres()): (
  name: string,
  body: (service: Service) => Promise<void>,
) => void {
  const service = shareService(undefined, postgres, env);
  return (name, body) => Deno.test(name, () => body(service()));
}

async function startEmpty(postgres: ReturnType<typeof usePostgres>, env: Record<string, string>) {
  await using open = new AsyncDisposableStack();
  const database = open.use(await postgres.database({ migrated: false }));
  const data = open.use(await temporaryDirectory());
  const service = open.use(
    await startService({ DATABASE_URL: database.url, DATA_DIR: data.path, ...env }),
  );
  const stack = open.move();
  return { service, database, [Symbol.asyncDispose]: () => stack.disposeAsync() };
}
