/**
 * Keeps the embedded PostgreSQL running: one that ends by itself is started again at the same address,
 * so that whoever was connected only has to connect again.
 */
import { backOff } from "exponential-backoff";
import { reason } from "../errors.ts";
import { RETRY_FIRST_MS, RETRY_LONGEST_MS } from "../limits.ts";
import { logger } from "../logger.ts";
import { type EmbeddedPostgres, startEmbeddedPostgres } from "./embedded.ts";

const log = logger("postgres");

/** A server that is always up, or about to be. */
export interface SupervisedPostgres {
  /** `postgres://…`, with a password: never log it. */
  readonly url: string;
  /** Ends it for good. */
  stop(): Promise<void>;
}

/**
 * Starts the server, and starts it again whenever it ends.
 *
 * @param dataDir absolute path of `DATA_DIR`, which the caller holds exclusively
 * @throws {StartupError} if it cannot run here
 */
export async function supervisePostgres(dataDir: string): Promise<SupervisedPostgres> {
  let server = await startEmbeddedPostgres(dataDir);
  let stopping = false;
  const { url } = server;

  const watch = async () => {
    while (await server.exited, !stopping) {
      log.error("PostgreSQL ended by itself, starting it again");
      server = await startAgain(dataDir, url, () => stopping) ?? server;
    }
  };
  const watching = watch();

  const stop = async () => {
    stopping = true;
    await server.stop();
    await watching;
    await server.stop();
  };
  return { url, stop };
}

/** Tries until the server is up at its address; undefined if it is no longer wanted before that. */
function startAgain(
  dataDir: string,
  url: string,
  unwanted: () => boolean,
): Promise<EmbeddedPostgres | undefined> {
  const port = Number(new URL(url).port);
  return backOff(async () => {
    if (unwanted()) return undefined;
    const server = await startEmbeddedPostgres(dataDir, port);
    if (server.url === url) return server;
    await server.stop();
    throw new Error(`port ${port} is taken`);
  }, {
    jitter: "full",
    numOfAttempts: Infinity,
    startingDelay: RETRY_FIRST_MS,
    maxDelay: RETRY_LONGEST_MS,
    retry: (error) => {
      log.error("Cannot start PostgreSQL, trying again: {reason}", { reason: reason(error) });
      return true;
    },
  });
}
