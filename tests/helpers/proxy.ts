/**
 * A way to PostgreSQL that a test can spoil and mend.
 */

/** Passes connections on to a server, until it is told otherwise. */
export interface Proxy extends AsyncDisposable {
  /** The server's URL, by way of this proxy. */
  readonly url: string;
  /** How many were made so far. */
  readonly connections: number;
  /** Breaks all connections, and refuses new ones. */
  cut(): void;
  /** Breaks all connections, and hangs up on new ones after this answer to their first message. */
  greet(bytes: Uint8Array): void;
  /**
   * Passes nothing on any more, in no direction, and leaves all connections open.
   *
   * @returns resolves once a client has sent something in vain
   */
  silence(): Promise<void>;
  /** Breaks all connections, by a reset where something of the client's was not passed on. */
  reset(): void;
  /** Lets connections through again; one that was silenced stays silent. */
  mend(): void;
  /**
   * Keeps back the next answer that a command was completed, and breaks all connections.
   *
   * @param tag the command's tag, such as `COMMIT`
   * @returns resolves when that has happened
   */
  loseAnswer(tag: string): Promise<void>;
}

/** What becomes of connections. */
type Mode = "pass" | "silence" | Uint8Array;

/** Less than a delivery: what is left unread when a connection is closed makes that a reset. */
const READ_BYTES = 1024;

/** The end of an answer to a statement that is committed: `ReadyForQuery`, no transaction open. */
const READY = "Z\0\0\0\x05I";

const latin1 = new TextDecoder("latin1");

/** @param target URL of the server, `postgres://…` */
export function startProxy(target: string): Proxy {
  const { hostname, port } = new URL(target);
  const open = new Set<Deno.Conn>();
  let mode: Mode = "pass";
  let noticeVain = () => {};
  let losing: { readonly tag: string; readonly lost: () => void } | undefined;
  let connections = 0;
  let listener: Deno.TcpListener | undefined = listen(0);
  let accepting = accept(listener);
  const url = new URL(target);
  url.hostname = "127.0.0.1";
  url.port = String(listener.addr.port);

  function listen(port: number) {
    return Deno.listen({ hostname: "127.0.0.1", port });
  }
  async function accept(from: Deno.TcpListener) {
    try {
      for await (const client of from) connect(client).catch(() => close(client));
    } catch {
      // Closed while a connection was being accepted.
    }
  }
  async function connect(client: Deno.Conn) {
    connections++;
    open.add(client);
    if (mode instanceof Uint8Array) {
      await client.read(new Uint8Array(READ_BYTES));
      if (mode.length > 0) await client.write(mode);
      return close(client);
    }
    const server = await Deno.connect({ hostname, port: Number(port) });
    open.add(server);
    await Promise.allSettled([pass(client, server, isKept), pass(server, client, isLost)]);
    close(client);
    close(server);
  }
  /** Passes on what comes until the end, or until something is not to be. */
  async function pass(from: Deno.Conn, to: Deno.Conn, stops: (bytes: Uint8Array) => boolean) {
    const buffer = new Uint8Array(READ_BYTES);
    for (let read; (read = await from.read(buffer)) !== null;) {
      const bytes = buffer.subarray(0, read);
      if (stops(bytes)) return await new Promise<void>(() => {});
      for (let at = 0; at < read;) at += await to.write(bytes.subarray(at));
    }
    await to.closeWrite();
  }
  function isKept() {
    if (mode === "silence") noticeVain();
    return mode === "silence";
  }
  function isLost(bytes: Uint8Array) {
    if (mode === "silence") return true;
    const text = losing === undefined ? "" : latin1.decode(bytes);
    if (losing === undefined || !text.includes(losing.tag + "\0") || !text.endsWith(READY)) {
      return false;
    }
    reset();
    losing.lost();
    losing = undefined;
    return true;
  }
  function close(conn: Deno.Conn) {
    open.delete(conn);
    try {
      conn.close();
    } catch {
      // It was closed from the other side.
    }
  }
  function reset() {
    for (const conn of open) close(conn);
  }
  function cut() {
    listener?.close();
    listener = undefined;
    reset();
  }
  return {
    url: url.href,
    get connections() {
      return connections;
    },
    cut,
    greet(bytes) {
      mode = bytes;
      reset();
    },
    silence() {
      mode = "silence";
      return new Promise((resolve) => noticeVain = resolve);
    },
    reset,
    mend() {
      mode = "pass";
      if (listener !== undefined) return;
      listener = listen(Number(url.port));
      accepting = accept(listener);
    },
    loseAnswer: (tag) => new Promise((lost) => losing = { tag, lost }),
    async [Symbol.asyncDispose]() {
      cut();
      await accepting;
    },
  };
}

/** What PostgreSQL answers somebody who must not connect now: `ErrorResponse`, severity FATAL. */
export function fatal(code: string, message: string): Uint8Array {
  const fields = { S: "FATAL", V: "FATAL", C: code, M: message };
  const text = Object.entries(fields).map(([name, value]) => `${name}${value}\0`).join("") + "\0";
  const answer = new TextEncoder().encode(`E\0\0\0\0${text}`);
  new DataView(answer.buffer).setUint32(1, answer.length - 1);
  return answer;
}
