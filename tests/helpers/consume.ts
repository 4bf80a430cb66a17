/**
 * `deno task consume` as a process of its own, with the permissions of the task.
 */
import { root, until } from "./service.ts";
import { readTask } from "./task.ts";

/** A process that consumes. */
export interface Consume extends AsyncDisposable {
  /** What it has logged. */
  readonly log: readonly string[];
  /** Ends it as a crash would. */
  kill(): Promise<void>;
  /** Ends it as an operator would; resolves to its exit status. */
  stop(): Promise<number>;
  readonly status: Promise<Deno.CommandStatus>;
}

const task = readTask("consume");

/** Starts it, and waits until it says that it consumes, or ends. */
export async function startConsume(env: Record<string, string>): Promise<Consume> {
  const log: string[] = [];
  const process = new Deno.Command(Deno.execPath(), {
    args: ["run", ...task.args],
    cwd: root,
    env: { ...task.env, LOG_LEVEL: "info", LOG_FORMAT: "text", CONSUMERS: "1", ...env },
    stdout: "null",
    stderr: "piped",
  }).spawn();
  let ended = false;
  const collected = (async () => {
    for await (const text of process.stderr.pipeThrough(new TextDecoderStream())) log.push(text);
  })();
  const status = process.status.then(async (status) => {
    await collected;
    ended = true;
    return status;
  });
  await until(() => Promise.resolve(), () => ended || /consumers of stream/.test(log.join("")));
  const end = async (signal: Deno.Signal) => {
    if (!ended) process.kill(signal);
    return (await status).code;
  };
  return {
    log,
    status,
    async kill() {
      await end("SIGKILL");
    },
    stop: () => end("SIGTERM"),
    async [Symbol.asyncDispose]() {
      await end("SIGTERM");
    },
  };
}
