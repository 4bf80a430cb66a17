/**
 * A real nats-server with JetStream on loopback, which can be killed and started again.
 */
import { join } from "node:path";
import { connect, type NatsConnection } from "@nats-io/transport-node";
import { temporaryDirectory, until } from "./service.ts";

/** A server of a test's own. */
export interface Nats extends AsyncDisposable {
  /** What `QUEUE_URL` is to be. */
  readonly url: string;
  /** Ends it as a crash would. */
  kill(): Promise<void>;
  /** Starts it again at the same address, with what it has stored. */
  start(): Promise<void>;
  /** Removes what it has stored; it must not run. */
  forget(): Promise<void>;
  /** A client of its own. */
  client(): Promise<NatsConnection>;
}

/** Where Debian puts it, an ordinary user's PATH may not lead. */
const PROGRAM = await exists("/usr/sbin/nats-server") ? "/usr/sbin/nats-server" : "nats-server";

const missing = await new Deno.Command(PROGRAM, { args: ["--version"] }).output()
  .then(({ success }) => !success, () => true);

if (missing) {
  console.warn(
    "nats-server is not installed (apt-get install nats-server): JetStream is not tested",
  );
}

/** A test that needs nats-server; without it, it is skipped. */
export function natsTest(name: string, fn: () => Promise<void>): void {
  const suffix = missing ? " (skipped: nats-server is not installed)" : "";
  Deno.test({ name: name + suffix, ignore: missing, fn });
}

/** Starts a server on a free port. */
export async function startNats(): Promise<Nats> {
  const directory = await temporaryDirectory();
  const store = join(directory.path, "store");
  let port = -1;
  let process: Deno.ChildProcess | undefined;

  const start = async () => {
    const started = new Deno.Command(PROGRAM, {
      args: [
        ...["--addr", "127.0.0.1", "--port", String(port), "--jetstream", "--store_dir", store],
        ...["--ports_file_dir", directory.path],
      ],
      stdout: "null",
      stderr: "null",
    }).spawn();
    process = started;
    const file = join(directory.path, `nats-server_${started.pid}.ports`);
    const text = await until(
      () => Deno.readTextFile(file).catch(() => ""),
      (text) => text.endsWith("}"),
    );
    port = Number(new URL(JSON.parse(text).nats[0]).port);
  };
  const kill = async () => {
    try {
      process?.kill("SIGKILL");
    } catch {
      // It has ended already.
    }
    await process?.status;
    process = undefined;
  };
  await start();
  const url = `nats://127.0.0.1:${port}`;
  return {
    url,
    start,
    kill,
    forget: () => Deno.remove(store, { recursive: true }),
    client: () => connect({ servers: url }),
    async [Symbol.asyncDispose]() {
      await kill();
      await directory[Symbol.asyncDispose]();
    },
  };
}

async function exists(path: string): Promise<boolean> {
  return await Deno.stat(path).then(() => true, () => false);
}
