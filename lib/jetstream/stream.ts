/**
 * The stream and its one consumer: made where absent, checked where present.
 *
 * A work queue: a message stays until a consumer has acked it, and a full stream takes no more rather
 * than forget what waits. All consumers of all processes share one durable consumer of the stream.
 */
import {
  AckPolicy,
  type ConsumerConfig,
  DiscardPolicy,
  JetStreamApiCodes,
  JetStreamApiError,
  type JetStreamManager,
  RetentionPolicy,
  StorageType,
  type StreamConfig as NatsStreamConfig,
} from "@nats-io/jetstream";
import { nanos, TimeoutError } from "@nats-io/transport-node";
import type { StreamConfig } from "../config.ts";
import { reason, StartupError } from "../errors.ts";
import type { logger } from "../logger.ts";
import { untilAnswered } from "./connection.ts";
import { STREAM_ACK_MS, STREAM_DUPLICATES_MS, STREAM_UNACKED_MESSAGES } from "./limits.ts";
import { allSubjects } from "./subject.ts";

/** Name of the stream's consumer. */
export const CONSUMER = "sekali";

/**
 * Makes stream and consumer where they are absent.
 *
 * @throws {StartupError} if what is there cannot do what is needed
 */
export async function ensureStream(jsm: JetStreamManager, config: StreamConfig): Promise<void> {
  const { stream } = config;
  const present = await jsm.streams.info(stream).catch((error) => {
    if (isCode(error, JetStreamApiCodes.StreamNotFound)) return jsm.streams.add(toStream(config));
    throw error;
  });
  refuseUnfit(`stream "${stream}"`, unfitStream(present.config, config));
  const consumer = await jsm.consumers.info(stream, CONSUMER).catch((error) => {
    if (isCode(error, JetStreamApiCodes.ConsumerNotFound)) {
      return jsm.consumers.add(stream, consumerConfig);
    }
    throw error;
  });
  refuseUnfit(`consumer "${CONSUMER}" of stream "${stream}"`, unfitConsumer(consumer.config));
}

/**
 * The same for a start: it waits for servers that have not elected who leads them, or not found each
 * other yet.
 *
 * @param log where it says, once, that it has to wait
 * @throws {StartupError} if that takes too long, or what is there cannot do what is needed
 */
export async function openStream(
  jsm: JetStreamManager,
  config: StreamConfig,
  log: ReturnType<typeof logger>,
): Promise<void> {
  try {
    await untilAnswered(() => ensureStream(jsm, config), isElecting, log);
  } catch (error) {
    if (error instanceof StartupError) throw error;
    throw new StartupError(`Cannot start: the stream "${config.stream}": ${reason(error)}`);
  }
}

const consumerConfig = {
  durable_name: CONSUMER,
  ack_policy: AckPolicy.Explicit,
  ack_wait: nanos(STREAM_ACK_MS),
  max_ack_pending: STREAM_UNACKED_MESSAGES,
  max_deliver: -1,
};

function toStream({ stream, storage = "file", replicas = 1, maxBytes = -1 }: StreamConfig) {
  return {
    name: stream,
    subjects: [allSubjects(stream)],
    retention: RetentionPolicy.Workqueue,
    discard: DiscardPolicy.New,
    storage: storage === "file" ? StorageType.File : StorageType.Memory,
    num_replicas: replicas,
    max_bytes: maxBytes,
    duplicate_window: nanos(STREAM_DUPLICATES_MS),
  };
}

function refuseUnfit(what: string, why: string | undefined) {
  if (why !== undefined) throw new StartupError(`Cannot start: the ${what} is not usable: ${why}`);
}

/**
 * What of a stream does not fit, if something does not.
 *
 * @param present as the server has it
 * @param wanted what is not set there may be as it is
 */
export function unfitStream(present: NatsStreamConfig, wanted: StreamConfig): string | undefined {
  const may = (name: string, is: unknown, wants: unknown) =>
    wants === undefined ? undefined : must(name, is, wants);
  return must("retention", present.retention, RetentionPolicy.Workqueue) ??
    must("subjects", present.subjects?.join(","), allSubjects(wanted.stream)) ??
    must("discard", present.discard, DiscardPolicy.New) ??
    must("max_age", present.max_age ?? 0, 0) ??
    must("no_ack", present.no_ack ?? false, false) ??
    may("storage", present.storage, wanted.storage) ??
    may("num_replicas", present.num_replicas, wanted.replicas) ??
    may("max_bytes", present.max_bytes, wanted.maxBytes);
}

function unfitConsumer(present: ConsumerConfig): string | undefined {
  return must("ack_policy", present.ack_policy, AckPolicy.Explicit) ??
    must("max_deliver", present.max_deliver ?? -1, -1) ??
    must("filter_subject", present.filter_subject ?? "", "") ??
    must("deliver_subject", present.deliver_subject ?? "", "");
}

function must(name: string, is: unknown, wants: unknown): string | undefined {
  return is === wants ? undefined : `its ${name} is ${is}, must be ${wants}`;
}

/**
 * Whether nobody leads, or too few are there: then servers do not answer, or say so, or seem to have no
 * JetStream at all.
 */
function isElecting(error: unknown): boolean {
  return error instanceof TimeoutError || isNotEnabled(error) ||
    isCode(error, UNAVAILABLE) || isCode(error, NO_PEERS);
}

/** The client exports no class of it. */
function isNotEnabled(error: unknown): boolean {
  return error instanceof Error && error.name === "JetStreamNotEnabled";
}

/** "JetStream system temporarily unavailable"; "no suitable peers for placement". */
const UNAVAILABLE = 10008;
const NO_PEERS = 10005;

function isCode(error: unknown, code: number): boolean {
  return error instanceof JetStreamApiError && error.code === code;
}
