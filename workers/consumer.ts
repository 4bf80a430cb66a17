/**
 * The thread of a consumer: its channel, its clock, its connections. The work is in the loop; what there
 * is to do comes from the dispatcher, or from a stream.
 */
import { armFault } from "../lib/fault.ts";
import { APPLY_TIMEOUT_MS, HEARTBEAT_MS } from "../lib/limits.ts";
import { configureLogger } from "../lib/logger.ts";
import type { ConsumerSetup, FromConsumer, ToConsumer } from "../lib/protocol.ts";
import { connect } from "../lib/sql/connect.ts";
import { ConsumerLoop } from "./consumer_loop.ts";
import { readJournal } from "./journal_source.ts";
import { consumeStream } from "./stream_source.ts";

declare const self: Pick<Worker, "onmessage">;

self.onmessage = async ({ data: setup }: MessageEvent<ConsumerSetup>) => {
  configureLogger(setup);
  armFault(setup.fault);
  const channel = new BroadcastChannel(setup.channel);
  const send = (message: FromConsumer) => channel.postMessage(message);
  const name = `sekali consumer ${setup.consumer}`;
  // To plan the statement anew takes longer than to run it for a hundred events.
  const sql = connect(setup.databaseUrl, 1, name, APPLY_TIMEOUT_MS, true);
  const { source, consumer, shard } = setup;
  const loop = new ConsumerLoop({ sql, consumer, shard, send });
  const heartbeat = setInterval(() => loop.heartbeat(), HEARTBEAT_MS);
  const work = "stream" in source
    ? await consumeStream(source.stream, name, loop, send)
    : readJournal(source, loop);

  channel.onmessage = async ({ data }: MessageEvent<ToConsumer>) => {
    if (data.kind === "deliver") return await work.deliver(data);
    clearInterval(heartbeat);
    await work.stop();
    // Whatever is still under way was not acked, and will be delivered again.
    await sql.end({ timeout: 0 });
    send({ kind: "stopped" });
  };
  send({ kind: "ready" });
};
