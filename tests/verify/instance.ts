/**
 * The throw-away instance: the real service as a process of its own, with a PostgreSQL of its own, in
 * a directory that outlives each of its deaths.
 *
 * It runs with the permissions of `deno task serve`, but that it may send signals, to kill itself.
 */
import { join } from "node:path";
import type { Fault } from "../../lib/fault.ts";
import { parsePidFile } from "../../lib/postgres/orphan.ts";
import { ROLE } from "../../lib/postgres/settings.ts";
import { connect, type Sql } from "../../lib/sql/connect.ts";
import { address, serveEnv, serveFlags } from "../helpers/service.ts";
import { within } from "../helpers/within.ts";
import { ANSWER_LIMIT_MS, GONE_LIMIT_MS, START_LIMIT_MS } from "./limits.ts";
import { killAll, listProcesses, type Process, treeOf } from "./processes.ts";
import { Program } from "./program.ts";
import { RoundError, waitFor } from "./wait.ts";

/** A PostgreSQL. */
export interface Database {
  /** Where it is; only once it was started. */
  databaseUrl(): Promise<string>;
}

export class Instance {
  /** Data directory of the service. */
  readonly directory: string;
  readonly #program: Program;
  /** Where the process listens; undefined if it ends before it says so. */
  #address: Promise<string | undefined> | undefined;
  #url = new URL("http://localhost:9");
  readonly #database: Database | undefined;
  readonly #env: Readonly<Record<string, string>>;

  /**
   * @param directory an empty one
   * @param others `database`: whose PostgreSQL it uses, where it has none of its own; `env`: what else of
   * the configuration is set
   */
  constructor(
    directory: string,
    { database, env = {} }: {
      readonly database?: Database | undefined;
      readonly env?: Readonly<Record<string, string>>;
    } = {},
  ) {
    this.directory = directory;
    this.#program = new Program("service", join(directory, "service.log"));
    this.#database = database;
    this.#env = env;
  }

  /** Where it listens, or did last. */
  get publishUrl(): URL {
    return new URL("/publish", this.#url);
  }

  /**
   * Starts the service.
   *
   * @param fault where it is to die
   */
  async start(fault?: Fault): Promise<void> {
    await this.spawn(fault);
    await this.ready();
  }

  /** Starts the process, and does not wait for it. */
  async spawn(fault?: Fault): Promise<void> {
    const args = serveFlags(this.directory)
      .map((flag) => flag.startsWith("--allow-run=") ? "--allow-run" : flag);
    const process = await this.#program.spawn(["run", ...args, "main.ts"], {
      ...serveEnv,
      DATABASE_URL: await this.#database?.databaseUrl() ?? "",
      DATA_DIR: this.directory,
      PORT: "0",
      LOG_LEVEL: "warning",
      LOG_FORMAT: "text",
      ...this.#env,
    }, fault);
    this.#address = address(process).catch(() => undefined);
  }

  /** Waits until events find their way into the database. @throws {RoundError} if they do not */
  async ready(): Promise<void> {
    const url = await within(START_LIMIT_MS, "The start of the service", this.#address!);
    if (url === undefined) throw new RoundError("the service ended instead of starting");
    this.#url = new URL(url);
    await waitFor("the service is ready", START_LIMIT_MS, async () => {
      const { ok } = await this.#ask("/readyz");
      return ok ? true : undefined;
    });
  }

  died(limitMs: number): Promise<void> {
    return this.#program.died(limitMs);
  }

  /** @throws {RoundError} if the service has ended */
  mustRun(): Deno.ChildProcess {
    return this.#program.mustRun();
  }

  /** Ends the service as an operator would. @throws {RoundError} if it does not end well */
  stop(): Promise<void> {
    return this.#program.stop();
  }

  /** Ends all of it at the same moment: the service, PostgreSQL, and whatever they have started. */
  async killBoth(): Promise<void> {
    const processes = await listProcesses();
    const server = await this.#postmaster(processes);
    const roots = [this.#program.pid, server].filter((pid) => pid !== undefined);
    killAll(roots.flatMap((pid) => treeOf(pid, processes)));
    await this.#program.kill();
  }

  /** Ends the service as a crash would; its PostgreSQL is left behind. */
  kill(): Promise<void> {
    return this.#program.kill();
  }

  /** Ends PostgreSQL's first process as a crash would. */
  async killPostgres(): Promise<void> {
    const server = await this.#postmaster(await listProcesses());
    if (server === undefined) throw new RoundError("there is no PostgreSQL to kill");
    killAll([server]);
  }

  /**
   * Reads JSON from the service.
   *
   * @returns undefined while it cannot be told
   * @throws {RoundError} if the service has ended
   */
  async read<T>(path: string): Promise<T | undefined> {
    const { ok, text } = await this.#ask(path);
    return ok ? JSON.parse(text) : undefined;
  }

  /** A connection to its database, past the service. */
  async connect(): Promise<Sql> {
    return connect(await this.databaseUrl(), 1, "sekali verify");
  }

  /** Where its database is. */
  async databaseUrl(): Promise<string> {
    if (this.#database !== undefined) return await this.#database.databaseUrl();
    const { port } = parsePidFile(await Deno.readTextFile(this.#pidFile));
    const password = await Deno.readTextFile(join(this.directory, "postgres", "password"));
    return `postgres://${ROLE}:${password.trim()}@127.0.0.1:${port}/${ROLE}`;
  }

  /** Ends all of it; then removes the directory, unless it is to be kept. */
  async end(options: { keep: boolean }): Promise<void> {
    this.#program.end();
    await this.killBoth();
    if (options.keep) return;
    await waitFor("the directory can be removed", GONE_LIMIT_MS, async () => {
      try {
        await Deno.remove(this.directory, { recursive: true });
        return true;
      } catch {
        return undefined; // The last processes are still writing there.
      }
    });
  }

  async #ask(path: string): Promise<{ ok: boolean; text: string }> {
    this.mustRun();
    try {
      const response = await within(ANSWER_LIMIT_MS, path, fetch(new URL(path, this.#url)));
      return { ok: response.ok, text: await response.text() };
    } catch {
      return { ok: false, text: "" };
    }
  }

  get #pidFile(): string {
    return join(this.directory, "postgres", "data", "postmaster.pid");
  }

  /** PostgreSQL's first process. Its file outlives it, and its number may be another's by now. */
  async #postmaster(processes: readonly Process[]): Promise<number | undefined> {
    const text = await Deno.readTextFile(this.#pidFile).catch(() => undefined);
    if (text === undefined) return undefined;
    const { pid } = parsePidFile(text);
    return processes.find((process) => process.pid === pid && /postgres$/.test(process.name))?.pid;
  }
}
