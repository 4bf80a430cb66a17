/**
 * The thread of a consumer: its channel, its clock, its connections. The work is in the loop.
 */
import { armFault } from "../lib/fault.ts";
import { JournalReader } from "../lib/journal_store.ts";
import { APPLY_TIMEOUT_MS, HEARTBEAT_MS } from "../lib/limits.ts";
import { configureLogger } from "../lib/logger.ts";
import type { ConsumerSetup, FromConsumer, ToConsumer } from "../lib/protocol.ts";
import { connect } from "../lib/sql/connect.ts";
import { ConsumerLoop } from "./consumer_loop.ts";

declare const self: Pick<Worker, "onmessage">;

self.onmessage = ({ data: setup }: MessageEvent<ConsumerSetup>) => {
  configureLogger(setup);
  armFault(setup.fault);
  const channel = new BroadcastChannel(setup.channel);
  const send = (message: FromConsumer) => channel.postMessage(message);
  const name = `sekali consumer ${setup.consumer}`;
  const sql = connect(setup.databaseUrl, 1, name, APPLY_TIMEOUT_MS);
  const reader = new JournalReader(setup.journalPath);
  const { journal, consumer, firstShard } = setup;
  const shard = firstShard + consumer - 1;
  const loop = new ConsumerLoop({ sql, reader, journal, consumer, shard, send });
  const heartbeat = setInterval(() => loop.heartbeat(), HEARTBEAT_MS);

  channel.onmessage = async ({ data }: MessageEvent<ToConsumer>) => {
    if (data.kind === "deliver") {
      return await loop.deliver(data.delivery, data.entries, data.waited, data.traces);
    }
    clearInterval(heartbeat);
    // Whatever is still under way was not acked, and will be delivered again.
    await sql.end({ timeout: 0 });
    reader.close();
    send({ kind: "stopped" });
  };
  send({ kind: "ready" });
};
