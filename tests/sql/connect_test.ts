/**
 * Are connections what the path relies on: durable at COMMIT, and never used again once broken?
 */
import assert from "node:assert/strict";
import { apply } from "../../lib/sql/apply.ts";
import {
  answered,
  connect,
  isDataError,
  isTimeout,
  isUnavailable,
  type Sql,
} from "../../lib/sql/connect.ts";
import { usePostgres } from "../helpers/database.ts";
import { entry } from "../helpers/entries.ts";
import { events } from "../helpers/events.ts";
import { startProxy } from "../helpers/proxy.ts";
import { until } from "../helpers/service.ts";
import { within } from "../helpers/within.ts";

const postgres = usePostgres();

/** A pool that is gone when the test ends. */
function usePool(url: string, connections: number, timeoutMs = 0): { sql: Sql } & AsyncDisposable {
  const sql = connect(url, connections, "sekali test pool", timeoutMs);
  return { sql, [Symbol.asyncDispose]: () => sql.end() };
}

/** Ends the pool's connections on the server's side; those that do nothing, where `state` says `idle`. */
function terminate(sql: Sql, state: string) {
  return sql`
    select pg_terminate_backend(pid) from pg_stat_activity
    where application_name = 'sekali test pool' and state = ${state}`;
}

/** Waits until so many of the pool's connections are in a state. */
const connectionsIn = (sql: Sql, state: string, count: number) =>
  until(
    () =>
      sql`select from pg_stat_activity
        where application_name = 'sekali test pool' and state = ${state}`,
    ({ length }) => length === count,
  );

Deno.test("connect() has commits wait for the disk, whatever database, role or URL say", async () => {
  await using database = await postgres.database();
  const { sql } = database;
  const [row] = await sql<{ name: string }[]>`select current_database() as name`;
  await sql`alter database ${sql(row!.name)} set synchronous_commit = off`;
  await sql`alter role current_user set synchronous_commit = off`;
  try {
    const url = new URL(database.url);
    url.searchParams.set("synchronous_commit", "off");
    url.searchParams.set("options", "-c synchronous_commit=off");
    for (const where of [database.url, url.href]) {
      await using pool = usePool(where, 1);
      assert.deepEqual([...await pool.sql`show synchronous_commit`], [{
        synchronous_commit: "on",
      }]);
      const inTransaction = pool.sql.begin((tx) => tx`show synchronous_commit`);
      assert.deepEqual([...await inTransaction], [{ synchronous_commit: "on" }]);
    }
  } finally {
    await sql`alter database ${sql(row!.name)} reset synchronous_commit`;
    await sql`alter role current_user reset synchronous_commit`;
  }
});

Deno.test("connect() gives a statement up after its time", async () => {
  await using database = await postgres.database();
  await using pool = usePool(database.url, 1, 50);
  await assert.rejects(pool.sql`select pg_sleep(60)`.execute(), isTimeout);
});

Deno.test("a connection that broke while rows came is forgotten, with the rows", async () => {
  await using database = await postgres.database();
  await using pool = usePool(database.url, 1);
  const rows = pool.sql`
    select case when n < 20000 then n else pg_sleep(60)::text::int end from generate_series(1, 20000) n`;
  const broken = assert.rejects(rows.execute(), isUnavailable);
  await connectionsIn(database.sql, "active", 1);
  await terminate(database.sql, "active");
  await broken;
  assert.deepEqual([...await pool.sql`select 1 as one`], [{ one: 1 }]);
});

Deno.test("what runs on other connections may end when one breaks", async () => {
  await using database = await postgres.database();
  await using pool = usePool(database.url, 3);
  const running = await database.sql.begin(async (tx) => {
    await tx`select pg_advisory_xact_lock(1)`;
    const locks = [1, 2].map(() => pool.sql`select pg_advisory_xact_lock_shared(1)`.execute());
    await connectionsIn(database.sql, "active", 2);
    await pool.sql`select 1`;
    await terminate(database.sql, "idle");
    // The first may still meet the connection that has just ended.
    await until(() => pool.sql`select 1`.catch(() => []), ({ length }) => length === 1);
    return { locks };
  });
  await Promise.all(running.locks);
  // Theirs have been closed after it.
  await connectionsIn(database.sql, "idle", 1);
});

Deno.test("a transaction whose connection breaks fails, and nothing of it remains or runs outside of it", async () => {
  await using database = await postgres.database();
  await using pool = usePool(database.url, 1);
  await database.sql`create table kept (n int)`;
  for (const state of ["active", "idle in transaction"]) {
    const inserted = Promise.withResolvers<void>();
    const goOn = Promise.withResolvers<void>();
    const broken = assert.rejects(
      pool.sql.begin(async (tx) => {
        await tx`insert into kept values (1)`;
        inserted.resolve();
        if (state === "active") await tx`select pg_sleep(60)`;
        await goOn.promise;
        await tx`insert into kept values (2)`;
      }),
      isUnavailable,
    );
    await inserted.promise;
    await connectionsIn(database.sql, state, 1);
    await terminate(database.sql, state);
    await connectionsIn(database.sql, state, 0);
    goOn.resolve();
    await broken;
    assert.deepEqual([...await pool.sql`select n from kept`], []);
  }
});

Deno.test("begin() commits, rolls back what failed, and takes no failed statement for a commit", async () => {
  await using database = await postgres.database();
  const { sql } = database;
  await sql`create table kept (n int)`;
  const bad = (tx: Pick<Sql, "unsafe">) => tx.unsafe("select 1 / 0").execute();
  assert.equal(
    await sql.begin(async (tx) => {
      await tx`insert into kept values (1)`;
      await assert.rejects(
        tx.savepoint(async (inner) => {
          await inner`insert into kept values (2)`;
          await bad(inner);
        }),
        isDataError,
      );
      await tx.savepoint((inner) => inner`insert into kept values (3)`);
      return "done";
    }),
    "done",
  );
  await assert.rejects(
    sql.begin(async (tx) => {
      await tx`insert into kept values (4)`;
      await bad(tx);
    }),
    isDataError,
  );
  await assert.rejects(
    sql.begin(async (tx) => {
      await tx`insert into kept values (5)`;
      await bad(tx).catch(() => {});
    }),
    /ended with ROLLBACK/,
  );
  assert.deepEqual([...await sql`select n from kept order by n`], [{ n: 1 }, { n: 3 }]);
});

Deno.test("a delivery on a connection that went silent is given up, and the next try gets a new one", async () => {
  await using database = await postgres.database();
  await using proxy = startProxy(database.url);
  await using pool = usePool(proxy.url, 1);
  const journal = crypto.randomUUID();
  await apply(pool.sql, journal, 1, [entry(1, events(1))]);
  proxy.silence();
  const delivery = [entry(2, events(5))];
  const silent = apply(pool.sql, journal, 1, delivery, [], 100);
  await within(5_000, "giving up", assert.rejects(silent, isUnavailable));
  proxy.mend();
  const { received } = await apply(pool.sql, journal, 1, delivery);
  assert.equal(received, 5);
});

Deno.test("answered() leaves connections alone that answer", async () => {
  await using database = await postgres.database();
  await using pool = usePool(database.url, 1);
  const pid = () => pool.sql<{ pid: number }[]>`select pg_backend_pid() as pid`;
  const [one] = await answered(pool.sql, 60_000, pid());
  await assert.rejects(answered(pool.sql, 60_000, pool.sql`select 1 / 0`.execute()), isDataError);
  assert.deepEqual([...await pid()], [one]);
});

Deno.test("end() breaks all connections, be they put aside, and refuses queries", async () => {
  await using database = await postgres.database();
  await using pool = usePool(database.url, 2);
  const sleeping = () => pool.sql`select pg_sleep(60)`.execute();
  const aside = sleeping();
  await connectionsIn(database.sql, "active", 1);
  await pool.sql`select 1`;
  await terminate(database.sql, "idle");
  await connectionsIn(database.sql, "idle", 0);
  await pool.sql`select 1`.catch(() => {});
  const running = [aside, sleeping(), pool.sql.begin((tx) => tx`select pg_sleep(60)`)]
    .map((query) => assert.rejects(query, isUnavailable));
  await connectionsIn(database.sql, "active", 3);
  await pool.sql.end();
  await within(5_000, "the end", Promise.all(running));
  await assert.rejects(pool.sql`select 1`.execute(), isUnavailable);
});
