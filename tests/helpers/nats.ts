/**
 * A real nats-server with JetStream on loopback, alone or one of three, which can be killed and started
 * again.
 */
import { join } from "node:path";
import { jetstreamManager } from "@nats-io/jetstream";
import { connect, type NatsConnection } from "@nats-io/transport-node";
import { temporaryDirectory, until } from "./service.ts";

/** A server. */
export interface NatsServer extends AsyncDisposable {
  /** Ends it as a crash would. */
  kill(): Promise<void>;
  /** Starts it again at the same address, with what it has stored. */
  start(): Promise<void>;
  /** Removes what it has stored; it must not run. */
  forget(): Promise<void>;
}

/** A server of a test's own. */
export interface Nats extends NatsServer {
  /** What `QUEUE_URL` is to be. */
  readonly url: string;
  /** A client of its own. */
  client(): Promise<NatsConnection>;
}

/** Servers that are one. */
export interface NatsCluster extends AsyncDisposable {
  /** What `QUEUE_URL` is to be: all of them. */
  readonly url: string;
  readonly nodes: readonly NatsServer[];
  /** A client of whichever answers. */
  client(): Promise<NatsConnection>;
  /** The one that leads a stream. */
  leaderOf(stream: string): Promise<NatsServer>;
}

/** Where Debian puts it, an ordinary user's PATH may not lead. */
const PROGRAM = await exists("/usr/sbin/nats-server") ? "/usr/sbin/nats-server" : "nats-server";

/** Whether there is no nats-server here. */
export const natsIsMissing = await new Deno.Command(PROGRAM, { args: ["--version"] }).output()
  .then(({ success }) => !success, () => true);

/** A test that needs nats-server; without it, it is skipped. */
export function natsTest(name: string, fn: () => void | Promise<void>): void {
  const suffix = natsIsMissing
    ? " (skipped: nats-server is not installed, apt-get install nats-server)"
    : "";
  Deno.test({ name: name + suffix, ignore: natsIsMissing, fn });
}

/** Starts a server on a free port. */
export async function startNats(): Promise<Nats> {
  const { port, ...server } = await startServer();
  const url = `nats://127.0.0.1:${port}`;
  return { url, client: () => connect({ servers: url }), ...server };
}

/** Starts three that are one; they have not elected who leads them yet. */
export async function startNatsCluster(): Promise<NatsCluster> {
  const routes = freePorts(NODES).map((port) => `nats://127.0.0.1:${port}`);
  const nodes = await Promise.all(routes.map((route, at) =>
    startServer([
      ...["--name", nameOf(at), "--cluster_name", "test", "--cluster", route],
      ...["--routes", routes.join(",")],
    ])
  ));
  const servers = nodes.map(({ port }) => `127.0.0.1:${port}`);
  const client = () => connect({ servers });
  return {
    url: `nats://${servers.join(",")}`,
    nodes,
    client,
    async leaderOf(stream) {
      const nats = await client();
      const jsm = await jetstreamManager(nats, { checkAPI: false });
      const leader = await until(
        () => jsm.streams.info(stream).then(({ cluster }) => cluster?.leader, () => undefined),
        (leader) => leader !== undefined && leader !== "",
      );
      await nats.close();
      return nodes.find((_, at) => nameOf(at) === leader)!;
    },
    async [Symbol.asyncDispose]() {
      for (const node of nodes) await node[Symbol.asyncDispose]();
    },
  };
}

/** The fewest of which one may be away. */
const NODES = 3;

const nameOf = (at: number) => `node-${at + 1}`;

/** @param flags beside those of any server */
async function startServer(
  flags: readonly string[] = [],
): Promise<NatsServer & { readonly port: number }> {
  const directory = await temporaryDirectory();
  const store = join(directory.path, "store");
  let port = -1;
  let process: Deno.ChildProcess | undefined;

  const start = async () => {
    const started = new Deno.Command(PROGRAM, {
      args: [
        ...["--addr", "127.0.0.1", "--port", String(port), "--jetstream", "--store_dir", store],
        ...["--ports_file_dir", directory.path],
        ...flags,
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
  return {
    port,
    start,
    kill,
    forget: () => Deno.remove(store, { recursive: true }),
    async [Symbol.asyncDispose]() {
      await kill();
      await directory[Symbol.asyncDispose]();
    },
  };
}

/** Ports that are free now: those of routes must be known before anything is started. */
function freePorts(count: number): number[] {
  const listeners = Array.from(
    { length: count },
    () => Deno.listen({ hostname: "127.0.0.1", port: 0 }),
  );
  const ports = listeners.map(({ addr }) => addr.port);
  for (const listener of listeners) listener.close();
  return ports;
}

async function exists(path: string): Promise<boolean> {
  return await Deno.stat(path).then(() => true, () => false);
}
