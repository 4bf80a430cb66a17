/**
 * Bounds of a stream as the queue, with their reasons.
 */
import { MAX_DELIVERY_BYTES } from "../limits.ts";

/**
 * A message takes no further event beyond this: at three bytes each they stay below what NATS takes by
 * default, 1 MiB. Never to be changed: it says how entries are divided (jetstream/parts.ts).
 */
export const MAX_PART_CHARACTERS = 256 * 1024;

/** Room for the headers of a message, `MAX_DELIVERY_TRACES` among them. */
export const MESSAGE_HEADER_BYTES = 4 * 1024;

/** Entries published and not applied that are known one by one, some 200 bytes each; the rest waits. */
export const MAX_STREAM_ENTRIES = 50_000;

/** What the relay has on its way to the stream; beyond, it takes no further entries. */
export const RELAY_MESSAGES = 1_000;
export const RELAY_BYTES = 16 * 1024 * 1024;

/** How long the relay waits for the stream's answer, before it publishes again. */
export const PUBLISH_TIMEOUT_MS = 5_000;

/** How long a 202 waits for the stream's answer; then the journal alone holds its events, as it does anyway. */
export const STREAM_ANSWER_MS = 2_000;

/** How long a start waits for NATS. */
export const STREAM_WAIT_MS = 30_000;

/** A server that does not answer two pings is away. */
export const STREAM_PING_MS = 10_000;

/** The stream's window for duplicates: what is published again within it is not even stored twice. */
export const STREAM_DUPLICATES_MS = 120_000;

/** A message that is not acked, nor said to be in progress, for so long goes to another consumer. */
export const STREAM_ACK_MS = 5_000;

/** Messages that consumers may hold in all. */
export const STREAM_UNACKED_MESSAGES = 20_000;

/** What a consumer has pulled and not begun: two deliveries. */
export const STREAM_PULL_BYTES = 2 * MAX_DELIVERY_BYTES;

/** Longest pause before a consumer pulls again from a stream that was away. */
export const STREAM_PULL_PAUSE_MS = 2_000;

/** How often a consumer that waits is told that the server is there. */
export const STREAM_PULSE_MS = 2_000;

/** How long a snapshot waits to hear what the stream holds. */
export const STREAM_LOOK_MS = 1_000;

/**
 * How often it is looked what became of entries of which nothing was heard for as long, and of how many
 * at a time: to look for one in the stream costs as much as it is large.
 */
export const AUDIT_MS = 3_000;
export const AUDIT_ENTRIES = 50;

/** How long what a consumer has pulled waits for company. Tiny transactions are what costs. */
export const DELIVERY_LINGER_MS = 20;
