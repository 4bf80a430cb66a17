/**
 * The thread of the relay, where events go through a JetStream stream. The work is in
 * lib/jetstream/relay.ts.
 */
import { reason } from "../lib/errors.ts";
import { armFault } from "../lib/fault.ts";
import { Relay } from "../lib/jetstream/relay.ts";
import { configureLogger } from "../lib/logger.ts";
import type { FromRelay, RelaySetup, ToRelay } from "../lib/protocol.ts";

declare const self: Pick<Worker, "onmessage" | "postMessage"> & { close(): void };

const send = (message: FromRelay) => self.postMessage(message);

let relay: Relay;

self.onmessage = async ({ data }: MessageEvent<ToRelay>) => {
  switch (data.kind) {
    case "open":
      return await open(data);
    case "publish":
      return relay.publish(data.entries);
    case "check":
      return await relay.check(data.entries);
    case "republish":
      return relay.republish(data.entries);
    case "look":
      return await relay.look();
    case "close":
      await relay.close();
      send({ kind: "closed" });
      self.close();
  }
};

async function open(setup: RelaySetup) {
  configureLogger(setup);
  armFault(setup.fault);
  try {
    relay = await Relay.open(setup, send);
  } catch (error) {
    send({ kind: "refused", message: reason(error) });
  }
}
