/**
 * The service with a JetStream stream as its queue: what others see of it, and what it says of itself.
 */
import assert from "node:assert/strict";
import { jetstream, jetstreamManager, RetentionPolicy } from "@nats-io/jetstream";
import type { NatsConnection } from "@nats-io/transport-node";
import { decode } from "../../lib/jetstream/message.ts";
import { CONSUMER } from "../../lib/jetstream/stream.ts";
import { apply } from "../../lib/sql/apply.ts";
import { startConsume } from "../helpers/consume.ts";
import { usePostgres } from "../helpers/database.ts";
import { eventJson } from "../helpers/entries.ts";
import { event, events } from "../helpers/events.ts";
import { holdConsumers } from "../helpers/hold.ts";
import { natsTest, startNats } from "../helpers/nats.ts";
import { failToStart, startService, temporaryDirectory, until } from "../helpers/service.ts";

const postgres = usePostgres();

/** Messages that the stream holds. */
async function messagesIn(nats: NatsConnection): Promise<number> {
  const jsm = await jetstreamManager(nats);
  return (await jsm.streams.info("sekali")).state.messages;
}

natsTest(
  "events go to the subject of their topic as they were written, and are stored once",
  async () => {
    await using database = await postgres.database();
    await using nats = await startNats();
    await using data = await temporaryDirectory();
    const client = await nats.client();
    await using service = await startService({
      DATA_DIR: data.path,
      DATABASE_URL: database.url,
      QUEUE_URL: nats.url,
    });
    const subscribed = client.subscribe("sekali.events.shop.>", { max: 1 });
    const raw = eventJson('{"content":"x","price":1.00}', { topic: "shop.sold" });
    const others = events(3, { topic: "a b" }).map((one) => JSON.stringify(one));
    const publish = (body: string, headers = {}) =>
      fetch(`${service.url}/publish`, {
        method: "POST",
        headers: { "content-type": "application/json", ...headers },
        body,
      });
    const response = await publish(`[${[...others, raw, raw].join(",")}]`, { prefer: "wait=20" });
    assert.equal(response.status, 200);
    const { verdicts } = await response.json();
    assert.deepEqual(
      verdicts.map(({ verdict }: { verdict: string }) => verdict),
      ["stored", "stored", "stored", "stored", "duplicate"],
    );
    for await (const message of subscribed) {
      assert.equal(message.subject, "sekali.events.shop.sold");
      assert.equal(message.string(), `[${raw},${raw}]`);
      assert.equal(message.headers?.get("Sekali-Events"), "2");
    }

    // What is none of Sekali's events does not stand in their way.
    await jetstream(client).publish("sekali.events.shop", "hello");
    const large = await publish(
      JSON.stringify(event({ payload: { content: "x".repeat(1_100_000) } })),
    );
    assert.equal(large.status, 413);
    assert.match((await large.json()).detail, /^An event has 11\d{5} of \d+ bytes$/);
    const { received, unique_processed, consistent } = await service.settled();
    assert.deepEqual([received, unique_processed, consistent], [5, 4, true]);
    assert.equal(await messagesIn(client), 0);
    await client.close();
  },
);

async function readText(url: string): Promise<string> {
  return await (await fetch(url)).text();
}

natsTest("while NATS is away events are accepted, and the service says so once", async () => {
  await using database = await postgres.database();
  await using nats = await startNats();
  await using data = await temporaryDirectory();
  const log: string[] = [];
  const service = await startService({
    DATA_DIR: data.path,
    DATABASE_URL: database.url,
    QUEUE_URL: nats.url,
    CONSUMERS: "1",
    LOG_LEVEL: "warning",
    LOG_FORMAT: "text",
  }, log);
  await nats.kill();
  for (let request = 0; request < 20; request++) {
    assert.equal((await service.publish(events(10))).status, 202);
  }
  const ready = await until(() => fetch(`${service.url}/readyz`), ({ status }) => status === 503);
  assert.match(await ready.text(), /NATS takes nothing, events wait in the journal/);
  const away = await service.get("/stats");
  assert.equal(away.pending, 200);
  const { trouble, ...queue } = away.queue;
  const at = new URL(nats.url).host;
  const told = { kind: "jetstream", stream: "sekali", at, messages: null, lag_ms: null };
  assert.deepEqual(queue, told);
  assert.equal(typeof trouble, "string");
  const page = await fetch(service.url, { headers: { accept: "text/html" } });
  assert.match(await page.text(), /<b>NATS takes nothing\.<\/b>/);
  assert.match(await readText(`${service.url}/metrics`), /^sekali_jetstream_up 0$/m);
  await nats.start();
  assert.equal((await service.settled()).unique_processed, 200);
  const back = await until(() => service.get("/stats"), ({ queue }) => queue.messages === 0);
  assert.deepEqual(back.queue, { ...told, trouble: null, messages: 0, lag_ms: 0 });
  await until(
    () => readText(`${service.url}/metrics`),
    (text) => /^sekali_jetstream_messages 0$/m.test(text),
  );
  assert.equal((await fetch(`${service.url}/readyz`)).status, 200);
  assert.equal(await service.stop(), 0);
  const lines = log.join("").split("\n").filter((line) => /NATS takes nothing/.test(line));
  assert.equal(lines.length, 1, log.join(""));
});

natsTest(
  "what one service puts into the stream is pending for all, until deno task consume has consumed it",
  async () => {
    await using database = await postgres.database();
    await using nats = await startNats();
    await using data = await temporaryDirectory();
    await using otherData = await temporaryDirectory();
    const env = { DATABASE_URL: database.url, QUEUE_URL: nats.url };
    await using service = await startService({ ...env, CONSUMERS: "0", DATA_DIR: data.path });
    await using other = await startService({ ...env, CONSUMERS: "0", DATA_DIR: otherData.path });
    await service.publish(events(10));
    assert.equal((await service.get("/stats")).pending, 10);
    const seen = await other.get("/stats");
    assert.ok(seen.pending >= 1 && seen.lag_ms > 0, JSON.stringify(seen));
    {
      await using consume = await startConsume(env);
      assert.equal((await other.settled()).received, 10);
      assert.equal((await service.settled()).received, 10);
      assert.equal(await consume.stop(), 0);
      assert.doesNotMatch(consume.log.join(""), /\[(?:WRN|ERR)\]/);
    }
  },
);

natsTest(
  "a service learns from PostgreSQL what was committed where no consumer tells it",
  async () => {
    await using database = await postgres.database();
    await using nats = await startNats();
    await using data = await temporaryDirectory();
    await using service = await startService({
      DATA_DIR: data.path,
      DATABASE_URL: database.url,
      QUEUE_URL: nats.url,
      CONSUMERS: "0",
    });
    await service.publish([...events(3, { topic: "a" }), ...events(2, { topic: "b" })]);
    const client = await nats.client();
    const consumer = await jetstream(client).consumers.get("sekali", CONSUMER);
    for await (const message of await consumer.fetch({ max_messages: 2 })) {
      const { journal, entry: id, ...rest } = decode(message)!;
      await apply(database.sql, journal, 1, [{ id, ...rest }]);
      await message.ackAck();
    }
    await client.close();
    assert.equal((await service.settled()).received, 5);
  },
);

natsTest("what somebody has purged from the stream is published again at once", async () => {
  await using database = await postgres.database();
  await using nats = await startNats();
  await using data = await temporaryDirectory();
  const env = { DATABASE_URL: database.url, QUEUE_URL: nats.url };
  await using service = await startService({ ...env, CONSUMERS: "0", DATA_DIR: data.path });
  await service.publish(events(5));
  const client = await nats.client();
  const jsm = await jetstreamManager(client);
  assert.equal((await jsm.streams.purge("sekali")).purged, 1);
  await until(() => messagesIn(client), (messages) => messages === 1);
  await client.close();
  await using _consume = await startConsume(env);
  assert.equal((await service.settled()).received, 5);
});

natsTest(
  "entries of another queue are not delivered in a second way: the start is refused",
  async () => {
    await using database = await postgres.database();
    await using nats = await startNats();
    await using data = await temporaryDirectory();
    const env = { DATA_DIR: data.path, DATABASE_URL: database.url };
    const service = await startService(env);
    const release = await holdConsumers(database.sql);
    await service.publish(events(10));
    await service.kill();
    const refused = await failToStart({ ...env, QUEUE_URL: nats.url });
    assert.equal(refused.code, 2);
    assert.match(
      refused.stderr,
      /^Cannot open the journal .*: 1 entries of a run without QUEUE_URL are in it: start without it .*\n$/,
    );
    await release();
    await using again = await startService(env);
    assert.equal((await again.settled()).received, 10);
  },
);

natsTest(
  "a stream that cannot do what is needed, or none that is named, is one line and status 2",
  async () => {
    await using database = await postgres.database();
    await using nats = await startNats();
    await using data = await temporaryDirectory();
    const client = await nats.client();
    const jsm = await jetstreamManager(client);
    await jsm.streams.add({
      name: "mine",
      subjects: ["mine.events.>"],
      retention: RetentionPolicy.Limits,
    });
    await client.close();
    const env = { DATA_DIR: data.path, DATABASE_URL: database.url };
    const refused = await failToStart({ ...env, QUEUE_URL: nats.url, QUEUE_STREAM: "mine" });
    assert.deepEqual([refused.code, refused.stderr], [
      2,
      'Cannot start: the stream "mine" is not usable: its retention is limits, must be workqueue\n',
    ]);
    await using consume = await startConsume({ DATABASE_URL: database.url });
    assert.equal((await consume.status).code, 2);
    assert.equal(
      consume.log.join(""),
      "Cannot start: deno task consume needs QUEUE_URL and DATABASE_URL\n",
    );
  },
);
