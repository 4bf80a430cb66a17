/**
 * The connection to NATS: made once, mended for ever.
 */
import { connect, type NatsConnection } from "@nats-io/transport-node";
import type { StreamConfig } from "../config.ts";
import { reason, StartupError } from "../errors.ts";
import { STREAM_PING_MS, STREAM_WAIT_MS } from "./limits.ts";
import { RETRY_FIRST_MS, RETRY_LONGEST_MS } from "../limits.ts";
import type { logger } from "../logger.ts";
import { waitUntilUp } from "../wait_until_up.ts";

/**
 * Connects.
 *
 * @param name what the server shows
 * @param log where it says, once, that it has to wait
 * @throws {StartupError} if no server answers in time
 */
export async function connectNats(
  { servers, user, pass, token }: StreamConfig,
  name: string,
  log: ReturnType<typeof logger>,
): Promise<NatsConnection> {
  const options = {
    servers: [...servers],
    name,
    ...(user !== undefined && { user }),
    ...(pass !== undefined && { pass }),
    ...(token !== undefined && { token }),
    maxReconnectAttempts: -1,
    // What may be put right while the process runs is no reason to give up.
    ignoreAuthErrorAbort: true,
    reconnectDelayHandler: () => RETRY_FIRST_MS + Math.random() * RETRY_LONGEST_MS / 5,
    pingInterval: STREAM_PING_MS,
  };
  try {
    return await untilAnswered(() => connect(options), isAway, log);
  } catch (error) {
    throw new StartupError(`Cannot start: NATS at ${servers.join(", ")}: ${reason(error)}`);
  }
}

/**
 * Asks NATS until it answers, for as long as a start waits.
 *
 * @param mayPass whether an error may be gone by itself
 * @param log where it says, once, that it has to wait
 * @throws whatever `ask` throws, if it does not pass in time
 */
export function untilAnswered<T>(
  ask: () => Promise<T>,
  mayPass: (error: unknown) => boolean,
  log: ReturnType<typeof logger>,
): Promise<T> {
  return waitUntilUp(ask, {
    withinMs: STREAM_WAIT_MS,
    mayPass,
    onWait: (error) => log.warn("Waiting for NATS: {reason}", { reason: reason(error) }),
  });
}

/** Whether nobody answers, which may change by itself; a wrong password does not. */
function isAway(error: unknown): boolean {
  return /refused|timeout|hang up|reset|ENOTFOUND|EAI_AGAIN|ECONN|closed/i.test(reason(error));
}

/** Tells whenever the connection is lost or found again, until it is closed. */
export async function watchConnection(
  nats: NatsConnection,
  tell: (up: boolean) => void,
): Promise<void> {
  for await (const { type } of nats.status()) {
    if (type === "disconnect") tell(false);
    if (type === "reconnect") tell(true);
  }
}
