/**
 * The consumers of a stream in this process, be it the service or `deno task consume`.
 */
import type { StreamConfig } from "../config.ts";
import { type ConsumerBase, ConsumerHandle } from "../consumer_handle.ts";

/** What they are started with. */
export interface ConsumersSetup extends Omit<ConsumerBase, "consumer" | "shard" | "source"> {
  readonly config: StreamConfig;
  /** How many. */
  readonly count: number;
  /** Which counters the first adds to; the others follow. */
  readonly firstShard: number;
}

/** Starts consumers; they find their work by themselves. */
export function startConsumers(
  { config, count, firstShard, databaseUrl, logLevel, logFormat, fault }: ConsumersSetup,
): ConsumerHandle[] {
  const base = { databaseUrl, source: { stream: config }, logLevel, logFormat, fault };
  return Array.from({ length: count }, (_, at) => {
    const shard = firstShard + at;
    return new ConsumerHandle({ ...base, consumer: at + 1, shard }, {
      ready() {},
      ack() {},
      lost() {},
    });
  });
}
