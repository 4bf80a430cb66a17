/**
 * One run of the server: started on a free port, ready or explained, stopped.
 */
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { StartupError } from "../errors.ts";
import {
  FAST_STOP_LIMIT_MS,
  IMMEDIATE_STOP_LIMIT_MS,
  LEFTOVER_LIMIT_MS,
  POLL_PAUSE_MS,
  START_ATTEMPTS,
  START_LIMIT_MS,
} from "./limits.ts";
import { type Cluster, runProgram, spawnProgram } from "./programs.ts";
import { failureReason, ServerLog } from "./server_log.ts";
import { serverArguments } from "./settings.ts";

/** A server that accepts connections, or has ended since. */
export interface Server {
  readonly port: number;
  /** Such as `18.4`. */
  readonly version: string;
  readonly exited: Promise<Deno.CommandStatus>;
  stop(): Promise<void>;
}

/**
 * Starts the server and waits until it accepts connections.
 *
 * @param home absolute path of `DATA_DIR/postgres`
 * @param preferredPort used if it is free; 0 for any
 * @throws {StartupError} with PostgreSQL's own reason if it does not start
 */
export async function startServer(
  cluster: Cluster,
  home: string,
  preferredPort: number,
): Promise<Server> {
  const leftoverDeadline = Date.now() + LEFTOVER_LIMIT_MS;
  for (let attempt = 1;;) {
    const port = attempt === 1 && preferredPort > 0 ? preferredPort : freePort();
    const { server, log } = launch(cluster, home, port);
    if (await isReady(server, log)) return { ...server, version: log.version };
    const text = log.lines.join("\n");
    if (text.includes("could not bind") && attempt < START_ATTEMPTS) {
      attempt++;
    } else if (text.includes("still in use") && Date.now() < leftoverDeadline) {
      // Processes of a killed postmaster hold its shared memory until they notice.
      await delay(POLL_PAUSE_MS);
    } else {
      const why = failureReason(log.lines) ?? `ended with code ${(await server.exited).code}`;
      throw new StartupError(`Cannot start the embedded PostgreSQL in ${home}: ${why}`);
    }
  }
}

function launch(cluster: Cluster, home: string, port: number) {
  const child = spawnProgram(cluster, "postgres", serverArguments(port));
  const log = new ServerLog(child.stderr, join(home, "server.log"));
  let stopping: Promise<void> | undefined;
  const server = {
    port,
    exited: child.status,
    stop: () => stopping ??= stopServer(cluster, child, log),
  };
  return { server, log };
}

/** @returns false if the server has ended instead, and its log is complete */
async function isReady(server: Omit<Server, "version">, log: ServerLog): Promise<boolean> {
  const ended = Promise.all([server.exited, log.closed]).then(() => false);
  const outcome = await within(START_LIMIT_MS, Promise.race([log.ready.then(() => true), ended]));
  if (outcome !== undefined) return outcome;
  await server.stop();
  throw new StartupError(
    `Cannot start the embedded PostgreSQL: not ready after ${START_LIMIT_MS / 60_000} min`,
  );
}

/** Fast shutdown, and harder ones if it takes too long; a later start recovers after those. */
async function stopServer(cluster: Cluster, child: Deno.ChildProcess, log: ServerLog) {
  await shutDown(cluster, child, "fast");
  if (await within(FAST_STOP_LIMIT_MS, child.status) === undefined) {
    await shutDown(cluster, child, "immediate");
    if (await within(IMMEDIATE_STOP_LIMIT_MS, child.status) === undefined) kill(child, "SIGKILL");
  }
  await child.status;
  await within(LEFTOVER_LIMIT_MS, log.closed); // its children write there too
}

async function shutDown(cluster: Cluster, child: Deno.ChildProcess, mode: "fast" | "immediate") {
  if (Deno.build.os !== "windows") return kill(child, mode === "fast" ? "SIGINT" : "SIGQUIT");
  await runProgram(cluster, "pg_ctl", ["stop", "-W", "-m", mode]); // there are no such signals
}

function kill(child: Deno.ChildProcess, signal: Deno.Signal): void {
  try {
    child.kill(signal);
  } catch {
    // It has ended.
  }
}

function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}

/** @returns undefined if the promise is still pending after the limit */
async function within<T>(limitMs: number, promise: Promise<T>): Promise<T | undefined> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const limit = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), limitMs);
  });
  try {
    return await Promise.race([promise, limit]);
  } finally {
    clearTimeout(timer);
  }
}
