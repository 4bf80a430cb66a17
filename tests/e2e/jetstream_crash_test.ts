/**
 * Events go through JetStream, and whatever dies under load: is nothing acknowledged lost, nothing stored
 * twice, and is every counter exact? Real processes, really killed.
 */
import { usePostgres } from "../helpers/database.ts";
import { startConsume } from "../helpers/consume.ts";
import { natsTest, startNats } from "../helpers/nats.ts";
import { Proof } from "../helpers/proof.ts";
import { startService, temporaryDirectory } from "../helpers/service.ts";
import { terminateBackends } from "../verify/store.ts";

const postgres = usePostgres();

natsTest(
  "consumers that are killed, and connections that are cut, lose nothing of a stream",
  async () => {
    await using database = await postgres.database();
    await using nats = await startNats();
    await using data = await temporaryDirectory();
    const env = { DATABASE_URL: database.url, QUEUE_URL: nats.url };
    await using service = await startService({ ...env, DATA_DIR: data.path, CONSUMERS: "0" });
    await using proof = new Proof(() => service.url);
    {
      await using consume = await startConsume(env);
      await proof.published(15);
      await consume.kill();
    }
    await using _one = await startConsume(env);
    await using _other = await startConsume(env);
    for (let cut = 0; cut < 3; cut++) {
      await proof.published(10);
      await terminateBackends(database.sql);
    }
    await proof.published(5);
    await proof.judge(database.sql, service);
  },
);

natsTest(
  "a NATS server that is killed, and one that has lost what it stored, lose no event",
  async () => {
    await using database = await postgres.database();
    await using nats = await startNats();
    await using data = await temporaryDirectory();
    const env = { DATABASE_URL: database.url, QUEUE_URL: nats.url };
    await using service = await startService({ ...env, DATA_DIR: data.path, CONSUMERS: "0" });
    await using proof = new Proof(() => service.url);
    {
      await using consume = await startConsume(env);
      await proof.published(10);
      await nats.kill();
      await proof.published(10);
      await nats.start();
      await proof.published(5);
      await consume.kill();
    }
    // In the stream and nowhere else but in the journal.
    await proof.published(5);
    await nats.kill();
    await nats.forget();
    await nats.start();
    await using _again = await startConsume(env);
    await proof.published(5);
    await proof.judge(database.sql, service);
  },
);

natsTest(
  "two services that share a stream and a database store each event once, one killed midway",
  async () => {
    await using database = await postgres.database();
    await using nats = await startNats();
    await using data = await temporaryDirectory();
    await using otherData = await temporaryDirectory();
    const env = { DATABASE_URL: database.url, QUEUE_URL: nats.url, CONSUMERS: "1" };
    await using service = await startService({ ...env, DATA_DIR: data.path });
    let other = await startService({ ...env, DATA_DIR: otherData.path });
    try {
      let requests = 0;
      // Repeats of an event go to the one or the other.
      await using proof = new Proof(() => (requests++ % 2 === 0 ? service : other).url);
      await proof.published(20);
      await other.kill();
      await proof.published(10);
      other = await startService({ ...env, DATA_DIR: otherData.path });
      await proof.published(10);
      await proof.judge(database.sql, service, other);
    } finally {
      await other.stop();
    }
  },
);
