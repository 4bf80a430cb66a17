/**
 * What holds with several servers of NATS that are one.
 */
import assert from "node:assert/strict";
import { jetstreamManager } from "@nats-io/jetstream";
import type { StreamConfig } from "../../lib/config.ts";
import { openStream } from "../../lib/jetstream/stream.ts";
import { logger } from "../../lib/logger.ts";
import { natsTest, startNatsCluster } from "../helpers/nats.ts";

const CONFIG: StreamConfig = {
  servers: [],
  user: undefined,
  pass: undefined,
  token: undefined,
  stream: "sekali",
  storage: "file",
  replicas: 3,
  maxBytes: undefined,
};

natsTest("a start waits for servers that have not elected who leads them", async () => {
  await using cluster = await startNatsCluster();
  const [, ...others] = cluster.nodes;
  for (const node of others) await node.kill();
  const nats = await cluster.client();
  const jsm = await jetstreamManager(nats, { checkAPI: false });
  const opened = openStream(jsm, CONFIG, logger());
  // What nobody leads does not answer, later either.
  await nats.flush();
  for (const node of others) await node.start();
  await opened;
  assert.equal((await jsm.streams.info("sekali")).config.num_replicas, 3);
  await nats.close();
});
