/**
 * A pool of connections, none of which is used again once it broke.
 *
 * The driver (postgres.js 3.4.9) would mend a broken connection by itself, with leftovers of what ran
 * on it: bytes that were not sent yet spoil the next connection for half a minute, rows that were read
 * already become holes in the next answer, and its `begin()` sends a rollback to a socket that is
 * gone, an error that nothing can catch. A server that hangs up instead of greeting is called again
 * without a pause, and the query never fails. So a client of the driver is put aside when one of its
 * connections ends, whatever the reason; what runs on its other ones may end, what comes next gets a new
 * client. A transaction has a client, hence a connection, of its own.
 */
import { Socket } from "node:net";
import { setImmediate } from "node:timers";
import postgres from "postgres";
import type { OpenTransaction, Sql, Transaction } from "./connect.ts";

/** What the driver is given, beside the URL. */
export type ClientOptions = postgres.Options<{ bigint: postgres.PostgresType<number> }>;

type Client = postgres.Sql<{ bigint: number }>;

/**
 * Opens a pool of at most `options.max` connections, and one more for each transaction.
 *
 * @param url where to; its parameters do not override `options.connection`
 */
export function openPool(url: string, options: ClientOptions & { max: number }): Sql {
  /** Clients that take queries, and all that is open, also of clients put aside. */
  const clients = new Set<Client>();
  const sockets = new Set<Socket>();
  let pool: Client | undefined;
  let ended = false;

  /** A client that connects `max` times at most, and not at all once a connection has ended. */
  function newClient(max: number): Client {
    let connects = 0;
    const putAside = () => {
      connects = max;
      if (pool !== client || ended) return;
      pool = undefined;
      clients.delete(client);
      // Resolves when the rest has ended; not at all where a query was cut off, which is no loss.
      void client.end();
    };
    const socket = (to: postgres.ParsedOptions) => {
      const socket = new WatchedSocket(() => {
        sockets.delete(socket);
        putAside();
      });
      sockets.add(socket);
      if (connects++ < max) return connect(socket, to);
      putAside();
      // Not before the driver listens.
      setImmediate(() => socket.destroy(gone()));
      return socket;
    };
    // Its types do not know `socket`.
    const client = postgres(url, { ...options, max, socket } as ClientOptions);
    // The driver lets the URL's parameters go first.
    Object.assign(client.options.connection, options.connection);
    clients.add(client);
    return client;
  }

  async function open(): Promise<OpenTransaction> {
    const client = newClient(1);
    const dispose = async () => {
      clients.delete(client);
      await client.end({ timeout: 0 });
    };
    try {
      await client`begin`;
    } catch (error) {
      await dispose();
      throw error;
    }
    return openTransaction(client, dispose);
  }

  async function begin<T>(run: (tx: Transaction) => Promise<T>): Promise<T> {
    await using tx = await open();
    const result = await run(tx);
    await tx.commit();
    return result;
  }

  async function close() {
    const closed = [...clients];
    clients.clear();
    await Promise.all(closed.map((client) => client.end({ timeout: 0 })));
    for (const socket of sockets) socket.destroy(gone());
  }

  async function drop() {
    pool = undefined;
    await close();
  }

  async function end() {
    // An ended client refuses what comes next.
    current();
    ended = true;
    await close();
  }

  const current = () => pool ??= newClient(options.max);
  const ours = new Map<PropertyKey, unknown>(Object.entries({ begin, open, drop, end }));
  return new Proxy(() => {}, {
    apply: (_target, _this, args: Parameters<Client>) => current()(...args),
    get: (_target, name) => ours.get(name) ?? Reflect.get(current(), name),
  }) as unknown as Sql;
}

/**
 * Says when it ends, before the driver hears of it: queries that come next must not meet it. Not by
 * listeners, as the driver takes them all away for TLS.
 */
class WatchedSocket extends Socket {
  readonly #ends: () => void;

  constructor(ends: () => void) {
    super();
    this.#ends = ends;
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void) {
    this.#ends();
    super._destroy(error, done);
  }
}

function connect(socket: Socket, { path, host, port }: postgres.ParsedOptions): Socket {
  return path ? socket.connect(path) : socket.connect(port[0]!, host[0]!);
}

/** The client of one transaction, with what a transaction can do. */
function openTransaction(client: Client, dispose: () => Promise<void>): OpenTransaction {
  let savepoints = 0;
  const savepoint = async <T>(run: (tx: Transaction) => Promise<T>): Promise<T> => {
    const name = client(`s${savepoints++}`);
    await client`savepoint ${name}`;
    try {
      return await run(transaction);
    } catch (error) {
      // Any other error came from a connection that is no more.
      if (error instanceof postgres.PostgresError) await client`rollback to ${name}`;
      throw error;
    }
  };
  const commit = async () => {
    const { command } = await client`commit`;
    // PostgreSQL's answer where a statement failed before, and that was not thrown on.
    if (command !== "COMMIT") throw new Error(`The transaction ended with ${command}`);
  };
  // What was not committed is rolled back when its connection ends.
  const transaction = Object.assign(client, { savepoint, commit, [Symbol.asyncDispose]: dispose });
  return transaction;
}

function gone(): Error {
  return Object.assign(new Error("The connection was closed"), { code: "CONNECTION_CLOSED" });
}
