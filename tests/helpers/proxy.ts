/**
 * A way to PostgreSQL that a test can cut and mend.
 */

/** Passes connections on to a server, until it is cut. */
export interface Proxy extends AsyncDisposable {
  /** The server's URL, by way of this proxy. */
  readonly url: string;
  /** Breaks all connections, and refuses new ones. */
  cut(): void;
  /** Lets connections through again. */
  mend(): void;
}

/** @param target URL of the server, `postgres://…` */
export function startProxy(target: string): Proxy {
  const { hostname, port } = new URL(target);
  const open = new Set<Deno.Conn>();
  let listener = listen(0);
  let accepting = accept(listener);
  const url = new URL(target);
  url.hostname = "127.0.0.1";
  url.port = String(listener.addr.port);

  function listen(port: number) {
    return Deno.listen({ hostname: "127.0.0.1", port });
  }
  async function accept(from: Deno.TcpListener) {
    try {
      for await (const client of from) connect(client);
    } catch {
      // Closed while a connection was being accepted.
    }
  }
  async function connect(client: Deno.Conn) {
    open.add(client);
    try {
      const server = await Deno.connect({ hostname, port: Number(port) });
      open.add(server);
      await Promise.allSettled([
        client.readable.pipeTo(server.writable),
        server.readable.pipeTo(client.writable),
      ]);
      open.delete(server);
    } catch {
      close(client);
    }
    open.delete(client);
  }
  function close(conn: Deno.Conn) {
    try {
      conn.close();
    } catch {
      // It was closed from the other side.
    }
  }
  const cut = () => {
    listener.close();
    for (const conn of open) close(conn);
  };
  return {
    url: url.href,
    cut,
    mend() {
      listener = listen(Number(url.port));
      accepting = accept(listener);
    },
    async [Symbol.asyncDispose]() {
      try {
        cut();
      } catch {
        // It was cut already.
      }
      await accepting;
    },
  };
}
