/**
 * Does every entry get applied exactly once where PostgreSQL fails in the midst of a transaction, or
 * at its commit? Real threads, journal and PostgreSQL.
 */
import assert from "node:assert/strict";
import type { Event } from "../../lib/event.ts";
import type { Sql, Transaction } from "../../lib/sql/connect.ts";
import { usePostgres } from "../helpers/database.ts";
import { event, events } from "../helpers/events.ts";
import { openPath, type Path } from "../helpers/path.ts";
import { until } from "../helpers/service.ts";
import { assertStoredOnce } from "../helpers/stored.ts";

const postgres = usePostgres();

/** How often a trouble comes each time. */
const TIMES = 2;

/** When it comes: where a delivery is counted, with its events stored already, or at the commit. */
const MOMENTS = ["at_statement", "at_commit"] as const;

/** A trouble that PL/pgSQL raises. */
const raise = (code: string) => `raise exception 'trouble' using errcode = '${code}'`;

/** What PostgreSQL may answer instead of what was asked, and what makes it do so. */
const TROUBLES: Record<string, string> = {
  "40001 a serialization failure": raise("40001"),
  "40P01 a deadlock": raise("40P01"),
  "25006 a server that is read-only, as after a failover": raise("25006"),
  "53100 a full disk": raise("53100"),
  "53200 no memory left": raise("53200"),
  "55P03 a lock that is not available": raise("55P03"),
  "57014 a statement that is cancelled or takes too long":
    "perform pg_cancel_backend(pg_backend_pid()), pg_sleep(1)",
  "57P01 a connection that an administrator ends":
    "perform pg_terminate_backend(pg_backend_pid()), pg_sleep(1)",
  "58030 a disk that cannot be read": raise("58030"),
  "XX000 an error of PostgreSQL itself": raise("XX000"),
};

/** Makes ready for a trouble. */
async function prepare(sql: Sql, trouble: string) {
  // What a sequence has given out stays so after a rollback.
  await sql.unsafe(`
    create sequence at_statement start ${TIMES + 1};
    create sequence at_commit start ${TIMES + 1};
    create function trouble() returns trigger language plpgsql as $$ begin
      if nextval(tg_argv[0]::regclass) <= ${TIMES} then ${trouble}; end if;
      return null;
    end $$;
    create trigger trouble after insert on topic_stats
      execute function trouble('at_statement');
    create constraint trigger trouble after insert on applied_entries deferrable initially deferred
      for each row execute function trouble('at_commit')`);
}

/** Has deliveries that come next run into the trouble, and waits until they are through it. */
async function provoke(sql: Sql, moment: typeof MOMENTS[number], path: Path, sent: Event[]) {
  await sql`alter sequence ${sql(moment)} restart with 1`;
  for (let from = 0; from < sent.length; from += 100) {
    await path.append(sent.slice(from, from + 100));
  }
  await path.settled();
  const [row] = await sql<{ last_value: number }[]>`select last_value from ${sql(moment)}`;
  assert.ok(row!.last_value > TIMES, `${row!.last_value} ${moment}`);
}

/** Asserts that no worker died of it. */
function assertAlive({ queue: { consumers } }: Path) {
  assert.deepEqual(consumers.map(({ stats }) => stats.restarts), consumers.map(() => 0));
}

for (const [name, trouble] of Object.entries(TROUBLES)) {
  Deno.test(`${name} delays events, and none is lost, repeated or a dead letter`, async () => {
    await using database = await postgres.database();
    await prepare(database.sql, trouble);
    await using path = await openPath(database.url);
    const sent: Event[] = [];
    for (const moment of MOMENTS) {
      // One by itself would be a dead letter at once, if the trouble were taken for a refusal of it.
      const one = events(1);
      const some = events(100);
      const repeated = [...some, ...events(100), ...some];
      await provoke(database.sql, moment, path, one);
      await provoke(database.sql, moment, path, repeated);
      sent.push(...one, ...repeated);
    }
    await assertStoredOnce(database.sql, sent);
    assertAlive(path);
  });
}

for (const code of ["40001", "57P01"]) {
  const [name, trouble] = Object.entries(TROUBLES).find(([name]) => name.startsWith(code))!;
  Deno.test(`${name} while a bad event is looked for delays its neighbours, and makes one dead letter`, async () => {
    await using database = await postgres.database();
    await prepare(database.sql, trouble);
    await using path = await openPath(database.url);
    const sent = events(40);
    const bad = () => event({ payload: { content: "\0" } });
    await provoke(database.sql, "at_statement", path, [
      ...sent.slice(0, 13),
      bad(),
      ...sent.slice(13),
    ]);
    await provoke(database.sql, "at_commit", path, [bad(), ...sent]);
    await assertStoredOnce(database.sql, [...sent, ...sent], 2);
    assertAlive(path);
  });
}

/** Waits until so many sessions wait for a lock, and have looked in vain for a deadlock. */
async function waitingForLocks(sql: Sql, count: number) {
  await until(
    () =>
      sql`
        select distinct pid from pg_locks where not granted
        and clock_timestamp() - waitstart > 1.1 * current_setting('deadlock_timeout')::interval`,
    ({ length }) => length === count,
  );
}

/** A transaction that goes on when it is told to, and is rolled back in the end. */
function openTransaction(sql: Sql, begin: (tx: Transaction) => Promise<unknown>) {
  const begun = Promise.withResolvers<void>();
  const goOn = Promise.withResolvers<(tx: Transaction) => Promise<unknown>>();
  const rollback = new Error("rolled back");
  const ended = sql.begin(async (tx) => {
    await begin(tx);
    begun.resolve();
    await (await goOn.promise)(tx);
    throw rollback;
  }).catch((error) => {
    begun.reject(error);
    if (error !== rollback) throw error;
  });
  return {
    begun: begun.promise,
    end: async (last: (tx: Transaction) => Promise<unknown> = () => Promise.resolve()) => {
      goOn.resolve(last);
      await ended;
    },
  };
}

function insert(tx: Transaction, { event_id, topic, timestamp, source }: Event) {
  return tx`
    insert into processed_events (event_id, topic, timestamp, source, payload, received_at)
    values (${event_id}, ${topic}, ${timestamp}, ${source}, '{}', now())`;
}

Deno.test("a deadlock of which a consumer is the victim delays events, and none is lost or repeated", async () => {
  await using database = await postgres.database();
  await using path = await openPath(database.url, { consumers: 1 });
  const sent = [event({ event_id: "0" }), event({ event_id: "1" }), event({ event_id: "2" })];
  const [counted, one, two] = sent as [Event, Event, Event];
  // From now on the topic has counters to wait for.
  await path.append([counted]);
  await path.settled();

  // The consumer stores the first event and waits for the second,
  const holder = openTransaction(database.sql, (tx) => insert(tx, two));
  await holder.begun;
  await path.append([one, two]);
  await waitingForLocks(database.sql, 1);
  // somebody has the counters and waits for the first. PostgreSQL looks for a deadlock once, when a
  // session has waited for a while, and ends the one that looks: so this one looks before there is any,
  const troubled = Promise.withResolvers<void>();
  const other = openTransaction(database.sql, (tx) => tx`select from topic_stats for update`);
  await other.begun;
  const ended = other.end(async (tx) => {
    await insert(tx, one);
    await troubled.promise;
  });
  await waitingForLocks(database.sql, 2);
  // and the consumer, which now goes on to the counters, finds it.
  await holder.end();
  await until(
    () => Promise.resolve(path.queue.consumers[0]!.stats.trouble),
    (trouble) => trouble === "deadlock detected",
  );
  troubled.resolve();
  await ended;
  await path.settled();
  await assertStoredOnce(database.sql, sent);
});
