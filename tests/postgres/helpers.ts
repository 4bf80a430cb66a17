/** A directory and its servers for one test; both are gone after it. */
import { join } from "node:path";
import postgres from "postgres";
import { type EmbeddedPostgres, startEmbeddedPostgres } from "../../lib/postgres/embedded.ts";

/** What a test works with. */
export interface Bench {
  /** Absolute path, as the service's `DATA_DIR`. */
  readonly dataDir: string;
  start(preferredPort?: number): Promise<EmbeddedPostgres>;
}

/** Runs a test in a fresh directory; whatever it has started is stopped after it. */
export async function withBench(
  test: (bench: Bench) => Promise<void>,
  dataDir?: string,
): Promise<void> {
  const root = await Deno.makeTempDir({ prefix: "sekali-postgres-" });
  const started: EmbeddedPostgres[] = [];
  const bench: Bench = {
    dataDir: join(root, dataDir ?? "data"),
    start: async (preferredPort) => {
      const server = await startEmbeddedPostgres(bench.dataDir, preferredPort);
      started.push(server);
      return server;
    },
  };
  try {
    await test(bench);
  } finally {
    for (const server of started) await server.stop();
    await Deno.remove(root, { recursive: true });
  }
}

/** A server that all tests of a module share, for those that only look at it. */
export function useServer(): { readonly server: EmbeddedPostgres; readonly dataDir: string } {
  const shared = {} as { server: EmbeddedPostgres; dataDir: string };
  Deno.test.beforeAll(async () => {
    shared.dataDir = await Deno.makeTempDir({ prefix: "sekali-postgres-" });
    shared.server = await startEmbeddedPostgres(shared.dataDir);
  });
  Deno.test.afterAll(async () => {
    await shared.server.stop();
    await Deno.remove(shared.dataDir, { recursive: true });
  });
  return shared;
}

/** Runs one statement over a connection of its own. */
export async function query(
  server: EmbeddedPostgres,
  statement: string,
): Promise<Record<string, unknown>[]> {
  const sql = postgres(server.url, { max: 1, onnotice: () => {} });
  try {
    return [...await sql.unsafe(statement)];
  } finally {
    await sql.end({ timeout: 1 }); // a connection that was cut off never ends by itself
  }
}

/** The number of the postmaster that runs, or ran last. */
export async function postmasterPid(dataDir: string): Promise<number> {
  const file = await Deno.readTextFile(join(dataDir, "postgres", "data", "postmaster.pid"));
  return Number.parseInt(file);
}
