/**
 * The real service as a process of its own, with the permissions that `deno task start` gives it.
 */
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import type { Stats } from "../../lib/snapshot.ts";
import { readTask } from "./task.ts";

/** A running service. */
export interface Service extends AsyncDisposable {
  /** Where it listens, without a slash at the end. */
  readonly url: string;
  readonly pid: number;
  /** Sends events, one or an array. */
  publish(body: unknown): Promise<Response>;
  /** Reads JSON from a path. */
  // deno-lint-ignore no-explicit-any
  get(path: string): Promise<any>;
  /** Waits until nothing is pending; what `/stats` says then. */
  settled(): Promise<Stats>;
  /** Its exit status, once it ends. */
  readonly ended: Promise<number>;
  /** Ends it as a crash would. */
  kill(): Promise<void>;
  /** Ends it as an operator would, signals sent right after each other; resolves to its exit status. */
  stop(...signals: Deno.Signal[]): Promise<number>;
}

/** How a service that was not meant to start ended. */
export interface FailedStart {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** The project's directory. */
export const root = fileURLToPath(new URL("../..", import.meta.url));
const task = readTask("serve");

/** What `deno task serve` sets for the process. */
export const serveEnv = task.env;

/** The flags of `deno task serve` for a data directory. */
export function serveFlags(dataDir: string): string[] {
  return task.args.slice(0, -1).map((flag) => flag.replace("$DATA", dataDir));
}

let built: Promise<void> | undefined;

/**
 * Starts the service on a free port and waits until it is ready.
 *
 * @param env beside `PORT`; at least `DATA_DIR`
 * @param log where to put what it logs, complete once it has ended
 */
export async function startService(env: Record<string, string>, log?: string[]): Promise<Service> {
  const process = await spawn(env, log === undefined ? "inherit" : "piped");
  const logged = log === undefined ? undefined : collect(process.stderr, log);
  const exited = process.status.finally(() => logged);
  const ended = exited.then(({ code }) => code);
  const url = await Promise.race([
    address(process),
    exited.then(({ code }) => Promise.reject(new Error(`The service ended with ${code}`))),
  ]);
  const get = async (path: string) => {
    const response = await fetch(url + path);
    assert.equal(response.status, 200, path);
    return await response.json();
  };
  const end = async (...signals: Deno.Signal[]) => {
    try {
      for (const signal of signals) process.kill(signal);
    } catch {
      // It has ended already.
    }
    return await ended;
  };
  const service: Service = {
    url,
    pid: process.pid,
    get,
    ended,
    publish: (body) =>
      fetch(`${url}/publish`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify(body),
      }),
    settled: () => until(() => get("/stats"), ({ pending }: Stats) => pending === 0),
    async kill() {
      await end("SIGKILL");
    },
    stop: (...signals) => end("SIGTERM", ...signals),
    async [Symbol.asyncDispose]() {
      await end("SIGTERM");
    },
  };
  await until(() => fetch(`${url}/readyz`), async (response) => {
    await response.body?.cancel();
    return response.ok;
  });
  return service;
}

/** Starts the service where it must not start. */
export async function failToStart(env: Record<string, string>): Promise<FailedStart> {
  const process = await spawn(env, "piped");
  const { code, stdout, stderr } = await process.output();
  const decoder = new TextDecoder();
  return { code, stdout: decoder.decode(stdout), stderr: decoder.decode(stderr) };
}

/** A directory that goes when the test ends. */
export async function temporaryDirectory(): Promise<{ path: string } & AsyncDisposable> {
  const path = await Deno.makeTempDir({ prefix: "sekali-test-" });
  return { path, [Symbol.asyncDispose]: () => Deno.remove(path, { recursive: true }) };
}

/** Asks again and again until the answer is right. */
export async function until<T>(
  ask: () => Promise<T>,
  right: (answer: T) => boolean | Promise<boolean>,
): Promise<T> {
  for (let tries = 0; tries < 1_000; tries++) {
    const answer = await ask();
    if (await right(answer)) return answer;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error("It did not come about");
}

async function collect(stream: ReadableStream<Uint8Array<ArrayBuffer>>, into: string[]) {
  for await (const text of stream.pipeThrough(new TextDecoderStream())) into.push(text);
}

async function spawn(env: Record<string, string>, stderr: "inherit" | "piped" = "inherit") {
  await (built ??= build());
  return new Deno.Command(Deno.execPath(), {
    args: ["run", ...serveFlags(env["DATA_DIR"]!), "main.ts"],
    cwd: root,
    env: { ...serveEnv, LOG_LEVEL: "fatal", PORT: "0", ...env },
    stdout: "piped",
    stderr,
  }).spawn();
}

/** Islands are built by a task of its own: once a module, or before all by `deno task test`. */
async function build() {
  if (Deno.env.has("TEST_DATABASE_URL")) return;
  const { success } = await new Deno.Command(Deno.execPath(), {
    args: ["task", "--quiet", "build"],
    cwd: root,
    stdout: "null",
  }).output();
  assert.ok(success, "deno task build failed");
}

/** Reads the address from what the service prints, and then lets it print on. */
export async function address(process: Deno.ChildProcess): Promise<string> {
  const reader = process.stdout.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  for (;;) {
    const { value, done } = await reader.read();
    if (done) throw new Error(`No address in: ${text}`);
    text += value;
    const found = /http:\/\/localhost:\d+/.exec(text);
    if (found === null) continue;
    reader.cancel();
    return found[0];
  }
}
