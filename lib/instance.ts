/**
 * The one aggregator of this process: started by whoever asks first, ended by a signal.
 *
 * It is all the same whether the process serves by itself, under `deno serve`, or in development.
 * Exit status: 0 after a stop, 2 if it could not start, 1 if it could no longer keep its promises.
 */
import { Aggregator } from "./aggregator.ts";
import { loadConfig } from "./config.ts";
import { delay } from "./delay.ts";
import { refuse } from "./errors.ts";
import { START_GRACE_MS } from "./limits.ts";
import { configureLogger, logger } from "./logger.ts";
import { firstSignal } from "./signals.ts";

const log = logger();

let instance: Promise<Aggregator> | undefined;

/** The aggregator, with the environment's configuration. Ends the process if it cannot start. */
export function aggregator(): Promise<Aggregator> {
  return instance ??= start();
}

async function start(): Promise<Aggregator> {
  const signal = firstSignal();
  try {
    const config = loadConfig();
    configureLogger(config);
    // A signal while it starts is obeyed once it is up: only then all can be stopped in order. But a
    // start that waits for a database does not wait against its operator's will.
    const started = Aggregator.start(config);
    signal.then(async () => {
      const up = await Promise.race([started, delay(START_GRACE_MS)]);
      await up?.stop();
      Deno.exit(up === undefined ? 130 : 0);
    });
    (await started).failed.then((error) => {
      log.fatal("Cannot go on: {reason}", { reason: error.message });
      Deno.exit(1);
    });
    return await started;
  } catch (error) {
    refuse(error);
  }
}
