/**
 * The throw-away instance: the real service as a process of its own, with a PostgreSQL of its own, in
 * a directory that outlives each of its deaths.
 *
 * It runs with the permissions of `deno task serve`, but that it may send signals, to kill itself.
 */
import { join } from "node:path";
import { VARIABLES } from "../../lib/config.ts";
import { delay } from "../../lib/delay.ts";
import type { Fault } from "../../lib/fault.ts";
import { parsePidFile } from "../../lib/postgres/orphan.ts";
import { ROLE } from "../../lib/postgres/settings.ts";
import { connect, type Sql } from "../../lib/sql/connect.ts";
import type { Nats } from "../helpers/nats.ts";
import { address, root, serveEnv, serveFlags } from "../helpers/service.ts";
import { within } from "../helpers/within.ts";
import { ANSWER_LIMIT_MS, GONE_LIMIT_MS, START_LIMIT_MS, STOP_LIMIT_MS } from "./limits.ts";
import { killAll, listProcesses, type Process, treeOf } from "./processes.ts";
import { RoundError, waitFor } from "./wait.ts";

export class Instance {
  /** Data directory of the service. */
  readonly directory: string;
  /** The process, as long as it lives. */
  #process: Deno.ChildProcess | undefined;
  /** How the last one ended. */
  #status: Promise<Deno.CommandStatus> | undefined;
  #ended = false;
  /** Where the process listens; undefined if it ends before it says so. */
  #address: Promise<string | undefined> | undefined;
  #url = new URL("http://localhost:9");
  readonly #database: Instance | undefined;
  /** The server of its stream, where its queue is one. */
  readonly #nats: Nats | undefined;

  /**
   * @param directory an empty one
   * @param others `database`: whose PostgreSQL it uses, where it has none of its own; `nats`: a server for
   * its queue, which ends with it
   */
  constructor(
    directory: string,
    { database, nats }: { readonly database?: Instance; readonly nats?: Nats | undefined } = {},
  ) {
    this.directory = directory;
    this.#database = database;
    this.#nats = nats;
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
    const log = await Deno.open(join(this.directory, "service.log"), {
      create: true,
      append: true,
    });
    const databaseUrl = await this.#database?.databaseUrl() ?? "";
    if (this.#ended) throw new RoundError("the run was stopped");
    const process = new Deno.Command(Deno.execPath(), {
      args: ["run", ...args, "main.ts"],
      cwd: root,
      env: {
        ...serveEnv,
        // Empty counts as unset: whatever the caller has set for a service of his is not for this one.
        ...Object.fromEntries(VARIABLES.map((name) => [name, ""])),
        DATABASE_URL: databaseUrl,
        DATA_DIR: this.directory,
        PORT: "0",
        LOG_LEVEL: "warning",
        LOG_FORMAT: "text",
        QUEUE_URL: this.#nats?.url ?? "",
        FAULT: fault === undefined ? "" : `${fault.point}:${fault.pass}:${fault.kills}`,
      },
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    process.stderr.pipeTo(log.writable).catch(() => {});
    this.#process = process;
    this.#address = address(process).catch(() => undefined);
    this.#status = process.status;
    process.status.then(() => {
      if (this.#process === process) this.#process = undefined;
    });
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

  /**
   * Waits until its fault has killed the service.
   *
   * @throws {Error} if it goes on and on, or has ended in another way
   */
  async died(limitMs: number): Promise<void> {
    const { code, signal } = await within(limitMs, "The end of the service", this.#status!);
    if (signal !== "SIGKILL") throw new RoundError(`the service ended with status ${code}`);
  }

  /** @throws {RoundError} if the service has ended */
  mustRun(): Deno.ChildProcess {
    if (this.#process === undefined) throw new RoundError("the service has ended by itself");
    return this.#process;
  }

  /** Ends the service as an operator would. @throws {RoundError} if it does not end well */
  async stop(): Promise<void> {
    const process = this.mustRun();
    process.kill("SIGTERM");
    const { code } = await within(STOP_LIMIT_MS, "The stop of the service", process.status);
    if (code !== 0) throw new RoundError(`the service stopped with status ${code}`);
  }

  /** Ends all of it at the same moment: the service, PostgreSQL, and whatever they have started. */
  async killBoth(): Promise<void> {
    const process = this.#process;
    const processes = await listProcesses();
    const server = await this.#postmaster(processes);
    const roots = [process?.pid, server].filter((pid) => pid !== undefined);
    killAll(roots.flatMap((pid) => treeOf(pid, processes)));
    await process?.status;
  }

  /** Ends the service as a crash would; its PostgreSQL is left behind. */
  async killService(): Promise<void> {
    const process = this.mustRun();
    killAll([process.pid]);
    await process.status;
  }

  /** Ends PostgreSQL's first process as a crash would. */
  async killPostgres(): Promise<void> {
    const server = await this.#postmaster(await listProcesses());
    if (server === undefined) throw new RoundError("there is no PostgreSQL to kill");
    killAll([server]);
  }

  /**
   * Ends NATS as a crash would, and starts it again.
   *
   * @param awayMs how long it is away
   * @param options whether it loses what it holds
   */
  async killNats(awayMs: number, options = { forget: false }): Promise<void> {
    await this.#nats!.kill();
    if (options.forget) await this.#nats!.forget();
    await delay(awayMs);
    await this.#nats!.start();
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
    const { port } = parsePidFile(await Deno.readTextFile(this.#pidFile));
    const password = await Deno.readTextFile(join(this.directory, "postgres", "password"));
    return `postgres://${ROLE}:${password.trim()}@127.0.0.1:${port}/${ROLE}`;
  }

  /** Ends all of it; then removes the directory, unless it is to be kept. */
  async end(options: { keep: boolean }): Promise<void> {
    this.#ended = true;
    await this.killBoth();
    await this.#nats?.[Symbol.asyncDispose]();
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
