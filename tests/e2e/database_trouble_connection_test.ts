/**
 * Does every entry get applied exactly once whatever becomes of the connections to PostgreSQL, and of
 * the server behind them? Real threads, journal and PostgreSQL.
 */
import assert from "node:assert/strict";
import { startEmbeddedPostgres } from "../../lib/postgres/embedded.ts";
import { connect, type Sql } from "../../lib/sql/connect.ts";
import { migrate } from "../../lib/sql/migrate.ts";
import { readStats } from "../../lib/sql/stats.ts";
import { usePostgres } from "../helpers/database.ts";
import { event, events } from "../helpers/events.ts";
import { openPath, type Path } from "../helpers/path.ts";
import { fatal, startProxy } from "../helpers/proxy.ts";
import { temporaryDirectory, until } from "../helpers/service.ts";
import { assertStoredOnce } from "../helpers/stored.ts";
import { within } from "../helpers/within.ts";

const postgres = usePostgres();

/** Long enough for a proxy to get hold of what is sent. */
const PROXY_MS = 10_000;

/** An event that PostgreSQL refuses. */
const BAD = event({ payload: { content: "\0" } });

/** Waits until a consumer says that its transactions keep failing for this reason. */
const troubled = ({ queue: { consumers } }: Path, trouble: RegExp) =>
  until(
    () => Promise.resolve(consumers.map(({ stats }) => stats.trouble ?? "")),
    (troubles) => troubles.some((text) => trouble.test(text)),
  );

/** Waits until a consumer's transaction waits for a lock. */
const blocked = (sql: Sql) =>
  until(
    () =>
      sql`select from pg_stat_activity
        where application_name like 'sekali consumer %' and wait_event_type = 'Lock'`,
    ({ length }) => length === 1,
  );

/** Asserts that all is well after a trouble: no worker died of it, and what comes next gets through. */
async function assertMended(path: Path) {
  // More than one, as a connection that is half mended may serve one and then no other.
  for (let delivery = 0; delivery < 3; delivery++) {
    await path.append(events(1, { topic: "afterwards" }));
    await path.settled();
  }
  assert.equal(path.queue.pending, 0);
  for (const { stats } of path.queue.consumers) {
    assert.deepEqual([stats.restarts, stats.trouble], [0, null]);
  }
}

/** Answers to somebody who connects, and what the consumer says of it. */
const GREETINGS: Record<string, [greeting: Uint8Array, trouble: RegExp]> = {
  "a server that is starting up (57P03)": [
    fatal("57P03", "the database system is starting up"),
    /starting up/,
  ],
  "a server without a free connection (53300)": [
    fatal("53300", "sorry, too many clients already"),
    /too many clients/,
  ],
  "a server that hangs up instead of greeting": [new Uint8Array(), /CONNECTION_CLOSED|was closed/],
};

for (const [name, [greeting, trouble]] of Object.entries(GREETINGS)) {
  Deno.test(`${name} delays events, and none is lost or repeated`, async () => {
    await using database = await postgres.database();
    await using proxy = startProxy(database.url);
    await using path = await openPath(proxy.url);
    const sent = events(500);
    await path.append(sent.slice(0, 250));
    proxy.greet(greeting);
    await path.append(sent.slice(250));
    await troubled(path, trouble);
    const attempts = proxy.connections;
    assert.ok(attempts < 100, `${attempts} attempts`);
    proxy.mend();
    await path.settled();
    await assertStoredOnce(database.sql, sent);
    await assertMended(path);
  });
}

Deno.test("a delivery of which a part was never received is delivered again by a new connection", async () => {
  await using database = await postgres.database();
  await using proxy = startProxy(database.url);
  await using path = await openPath(proxy.url, { consumers: 1 });
  const sent = events(600);
  for (let from = 0; from < sent.length; from += 200) {
    await path.append(sent.slice(from, from + 100));
    await path.settled();
    const halfway = proxy.silence();
    await path.append(sent.slice(from + 100, from + 200));
    await within(PROXY_MS, "Sending in vain", halfway);
    proxy.mend();
    proxy.reset();
  }
  await path.settled();
  await assertStoredOnce(database.sql, sent);
  await assertMended(path);
});

/** Statements of a delivery that commit, and what is delivered for that. */
const COMMITS: Record<string, [tag: string, refused: number]> = {
  "the only statement of a delivery": ["SELECT 1", 0],
  "the transaction in which a bad event was looked for": ["COMMIT", 1],
};

for (const [name, [tag, refused]] of Object.entries(COMMITS)) {
  Deno.test(`where the answer of ${name} is lost after the commit, it is counted once`, async () => {
    await using database = await postgres.database();
    await using proxy = startProxy(database.url);
    await using path = await openPath(proxy.url, { consumers: 1 });
    const sent = events(50);
    const lost = proxy.loseAnswer(tag);
    await path.append(refused === 0 ? sent : [...sent, BAD]);
    await within(PROXY_MS, "Losing an answer", lost);
    // It is committed, and the consumer does not know.
    assert.equal((await readStats(database.sql)).totals.received, sent.length + refused);
    await path.settled();
    assert.deepEqual(path.applied.map(({ outcome }) => outcome.received), [0]);
    await assertStoredOnce(database.sql, sent, refused);
    await assertMended(path);
  });
}

Deno.test("a connection that breaks while a bad event is looked for costs no event and no consumer", async () => {
  await using database = await postgres.database();
  await using proxy = startProxy(database.url);
  await using path = await openPath(proxy.url, { consumers: 1 });
  const sent = events(50);
  const rollback = new Error("rolled back");
  const holding = database.sql.begin(async (tx) => {
    // The consumer comes to this key once the bad event is out of its way.
    await tx`
      insert into processed_events (event_id, topic, timestamp, source, payload, received_at)
      values (${sent[40]!.event_id}, ${sent[40]!.topic}, now(), '', '{}', now())`;
    await path.append([BAD, ...sent]);
    await blocked(database.sql);
    proxy.reset();
    throw rollback;
  });
  await assert.rejects(holding, rollback);
  await path.settled();
  await assertStoredOnce(database.sql, sent, 1);
  await assertMended(path);
});

Deno.test("consumers whose connections are all ended, again and again under load, lose and repeat nothing", async () => {
  await using database = await postgres.database();
  await using path = await openPath(database.url, { consumers: 3 });
  const sent = [];
  for (let round = 0, ended = 0; ended < 12; round++) {
    const some = events(100);
    sent.push(...some, some[0]!);
    await path.append([...some, some[0]!]);
    if (round % 5 > 0) continue;
    const rows = await database.sql`
      select pg_terminate_backend(pid) from pg_stat_activity
      where application_name like 'sekali consumer %'`;
    ended += rows.length;
  }
  await path.settled();
  await assertStoredOnce(database.sql, sent);
  await assertMended(path);
});

Deno.test("a server that is stopped under load and started again on its port gets all events, once", async () => {
  await using data = await temporaryDirectory();
  const server = await startEmbeddedPostgres(data.path);
  const { url } = server;
  let sql = connect(url, 1, "sekali test");
  await migrate(sql);
  await using path = await openPath(url);
  const sent = events(1_500);
  const appendPart = async (part: number) => {
    for (let from = part * 500; from < (part + 1) * 500; from += 50) {
      await path.append(sent.slice(from, from + 50));
    }
  };
  await appendPart(0);
  await Promise.all([appendPart(1), server.stop()]);
  await appendPart(2);
  await troubled(path, /./);
  await sql.end();

  const again = await startEmbeddedPostgres(data.path, Number(new URL(url).port));
  try {
    assert.equal(again.url, url);
    await path.settled();
    sql = connect(url, 1, "sekali test");
    await assertStoredOnce(sql, sent);
    await sql.end();
    await assertMended(path);
  } finally {
    await again.stop();
  }
});
