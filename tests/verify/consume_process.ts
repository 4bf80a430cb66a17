/**
 * A process of `deno task consume`, with the permissions of the task, but that it may send signals, to
 * kill itself.
 */
import type { Fault } from "../../lib/fault.ts";
import { readTask } from "../helpers/task.ts";
import { within } from "../helpers/within.ts";
import type { Database } from "./instance.ts";
import { START_LIMIT_MS } from "./limits.ts";
import { Program } from "./program.ts";
import { RoundError } from "./wait.ts";

const task = readTask("consume");

export class ConsumeProcess {
  readonly #program: Program;
  readonly #database: Database;
  readonly #env: Readonly<Record<string, string>>;

  /** @param env how it finds its stream */
  constructor(logFile: string, database: Database, env: Readonly<Record<string, string>>) {
    this.#program = new Program("process that consumes", logFile);
    this.#database = database;
    this.#env = env;
  }

  /**
   * Starts it, and waits until it consumes.
   *
   * @param fault where it is to die
   */
  async start(fault?: Fault): Promise<void> {
    const consuming = Promise.withResolvers<boolean>();
    let heard = "";
    const process = await this.#program.spawn(
      ["run", "--allow-run", ...task.args],
      {
        ...task.env,
        ...this.#env,
        DATABASE_URL: await this.#database.databaseUrl(),
        CONSUMERS: "1",
        // It says so at this level.
        LOG_LEVEL: "info",
        LOG_FORMAT: "text",
      },
      fault,
      (text) => {
        if (heard.length < LONGEST_START) heard += text;
        if (/consumers of stream/.test(heard)) consuming.resolve(true);
      },
    );
    process.stdout.cancel();
    process.status.then(() => consuming.resolve(false));
    if (await within(START_LIMIT_MS, "The start of a process that consumes", consuming.promise)) {
      return;
    }
    throw new RoundError("a process that consumes ended instead of starting");
  }

  died(limitMs: number): Promise<void> {
    return this.#program.died(limitMs);
  }

  /** @throws {RoundError} if it has ended */
  mustRun(): void {
    this.#program.mustRun();
  }

  stop(): Promise<void> {
    return this.#program.stop();
  }

  kill(): Promise<void> {
    return this.#program.kill();
  }

  /** Ends it for good. */
  async end(): Promise<void> {
    this.#program.end();
    await this.kill();
  }
}

/** Of what it logs, where it says that it consumes; characters. */
const LONGEST_START = 10_000;
