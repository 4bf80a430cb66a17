/**
 * A program of the project that dies and is started again, each time as a process of its own; what it
 * logs is appended to one file.
 */
import { VARIABLES } from "../../lib/config.ts";
import type { Fault } from "../../lib/fault.ts";
import { root } from "../helpers/service.ts";
import { within } from "../helpers/within.ts";
import { STOP_LIMIT_MS } from "./limits.ts";
import { killAll } from "./processes.ts";
import { RoundError } from "./wait.ts";

export class Program {
  readonly #name: string;
  readonly #logFile: string;
  /** The process, as long as it lives. */
  #process: Deno.ChildProcess | undefined;
  /** How the last one ended. */
  #status: Promise<Deno.CommandStatus> | undefined;
  #ended = false;

  /**
   * @param name as failures call it
   * @param logFile made if there is none
   */
  constructor(name: string, logFile: string) {
    this.#name = name;
    this.#logFile = logFile;
  }

  get pid(): number | undefined {
    return this.#process?.pid;
  }

  /**
   * Starts the process, and does not wait for it.
   *
   * @param args of Deno
   * @param env what of the configuration is set
   * @param fault where it is to die
   * @param hear what it logs, piece by piece
   */
  async spawn(
    args: readonly string[],
    env: Readonly<Record<string, string>>,
    fault?: Fault,
    hear: (text: string) => void = () => {},
  ): Promise<Deno.ChildProcess> {
    const log = await Deno.open(this.#logFile, { create: true, append: true });
    if (this.#ended) throw new RoundError("the run was stopped");
    const process = new Deno.Command(Deno.execPath(), {
      args: [...args],
      cwd: root,
      // Empty counts as unset: whatever the caller has set for a service of his is not for this one.
      env: {
        ...Object.fromEntries(VARIABLES.map((name) => [name, ""])),
        ...env,
        FAULT: fault === undefined ? "" : `${fault.point}:${fault.pass}:${fault.kills}`,
      },
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    const listen = new TransformStream<string, string>({
      transform(text, controller) {
        hear(text);
        controller.enqueue(text);
      },
    });
    process.stderr.pipeThrough(new TextDecoderStream()).pipeThrough(listen)
      .pipeThrough(new TextEncoderStream()).pipeTo(log.writable).catch(() => {});
    this.#process = process;
    this.#status = process.status;
    process.status.then(() => {
      if (this.#process === process) this.#process = undefined;
    });
    return process;
  }

  /**
   * Waits until its fault has killed it.
   *
   * @throws {Error} if it goes on and on, or has ended in another way
   */
  async died(limitMs: number): Promise<void> {
    const what = `The end of the ${this.#name}`;
    const { code, signal } = await within(limitMs, what, this.#status!);
    if (signal !== "SIGKILL") throw new RoundError(`the ${this.#name} ended with status ${code}`);
  }

  /** @throws {RoundError} if it has ended */
  mustRun(): Deno.ChildProcess {
    if (this.#process === undefined) throw new RoundError(`the ${this.#name} has ended by itself`);
    return this.#process;
  }

  /** Ends it as an operator would. @throws {RoundError} if it does not end well */
  async stop(): Promise<void> {
    const process = this.mustRun();
    process.kill("SIGTERM");
    const { code } = await within(STOP_LIMIT_MS, `The stop of the ${this.#name}`, process.status);
    if (code !== 0) throw new RoundError(`the ${this.#name} stopped with status ${code}`);
  }

  /** Ends it as a crash would, if it runs. */
  async kill(): Promise<void> {
    if (this.#process !== undefined) killAll([this.#process.pid]);
    await this.#status;
  }

  /** It is not started again. */
  end(): void {
    this.#ended = true;
  }
}
