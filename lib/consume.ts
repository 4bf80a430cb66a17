/**
 * `deno task consume`: consumers of a stream, and nothing else. As many such processes as one likes, on
 * any machine, may run beside the services that accept events, or instead of their consumers.
 *
 * Exit status: 0 after SIGINT or SIGTERM, which lets deliveries under way end; 2 if it could not start.
 */
import { jetstreamManager } from "@nats-io/jetstream";
import { type Config, loadConfig } from "./config.ts";
import { openDatabase } from "./database.ts";
import { refuse, StartupError } from "./errors.ts";
import { connectNats } from "./jetstream/connection.ts";
import { startConsumers } from "./jetstream/consumers.ts";
import { openStream } from "./jetstream/stream.ts";
import { FIRST_GROUP_SHARD, MAX_CONSUMERS, SHARD_GROUPS, STOP_MS } from "./limits.ts";
import { configureLogger, logger } from "./logger.ts";
import { firstSignal } from "./signals.ts";

const log = logger("consume");

/** Consumes until a signal comes. */
async function consume(config: Config): Promise<void> {
  const { queue, databaseUrl, consumers: count } = config;
  if (queue === undefined || databaseUrl === undefined) {
    throw new StartupError("Cannot start: deno task consume needs QUEUE_URL and DATABASE_URL");
  }
  if (count === 0) {
    throw new StartupError("Cannot start: CONSUMERS is 0, nothing would be consumed");
  }
  // The consumers have connections of their own; this one finds out whether they can.
  const database = await openDatabase(config);
  await database.stop();
  const nats = await connectNats(queue, "sekali consume", log);
  await openStream(await jetstreamManager(nats, { checkAPI: false }), queue, log).finally(() =>
    nats.close()
  );

  const group = Math.floor(Math.random() * SHARD_GROUPS);
  const firstShard = FIRST_GROUP_SHARD + group * MAX_CONSUMERS;
  const consumers = startConsumers({ ...config, config: queue, count, firstShard, databaseUrl });
  const { stream, servers } = queue;
  log.info("{count} consumers of stream {stream} at {servers}", {
    count,
    stream,
    servers: servers.join(", "),
  });
  await stopped;
  await Promise.all(consumers.map((consumer) => consumer.stop(STOP_MS)));
}

const stopped = firstSignal();
try {
  const config = loadConfig();
  configureLogger(config);
  await consume(config);
  Deno.exit(0);
} catch (error) {
  refuse(error);
}
