/**
 * Serves the built application and says where.
 */
import { relative } from "node:path";
import type { Aggregator } from "./aggregator.ts";
import { reason, refuse, StartupError } from "./errors.ts";
import { aggregator } from "./instance.ts";
import { type Respond, respond } from "./respond.ts";

/** What the build makes: the application with its routes and islands. */
interface BuiltServer {
  readonly default: { readonly fetch: Respond };
}

/**
 * Starts the aggregator and listens. Returns once requests are taken.
 *
 * @param built the module that `deno task build` writes
 */
export async function serve(built: URL): Promise<void> {
  const instance = await aggregator();
  const { default: { fetch } } = await import(built.href) as BuiltServer;
  const { host: hostname, port } = instance.config;
  try {
    const server = Deno.serve(
      { hostname, port, onListen: (address) => announce(instance, address) },
      respond(fetch),
    );
    instance.serveUntilStop(server);
  } catch (error) {
    await instance.stop();
    refuse(new StartupError(`Cannot listen on ${hostname}:${port}: ${reason(error)}`));
  }
}

function announce({ config, database }: Aggregator, { hostname, port }: Deno.NetAddr) {
  const host = hostname === "127.0.0.1" || hostname === "0.0.0.0" ? "localhost" : hostname;
  const dataDir = relative(Deno.cwd(), config.dataDir);
  const { queue } = config;
  const stream = queue && `stream ${queue.stream} at ${queue.servers.join(", ")}, `;
  console.log(`
  Sekali  http://${host.includes(":") ? `[${host}]` : host}:${port}
  store   PostgreSQL ${database.stats.version}, ${database.stats.at}
  queue   ${stream ?? ""}${config.consumers} consumers, journal in ${
    dataDir.startsWith("..") ? config.dataDir : dataDir || "."
  }
`);
}
