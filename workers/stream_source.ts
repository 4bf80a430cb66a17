/**
 * A consumer that takes its deliveries from a stream.
 *
 * A message is acked after COMMIT, never before. Until then the stream is told again and again that it
 * is in progress; where this thread dies it comes again, to whoever pulls it. What is committed is told
 * to the instance that accepted it.
 */
import { type ConsumerMessages, jetstream, jetstreamManager, type JsMsg } from "@nats-io/jetstream";
import type { NatsConnection } from "@nats-io/transport-node";
import type { StreamConfig } from "../lib/config.ts";
import { delay } from "../lib/delay.ts";
import { reason } from "../lib/errors.ts";
import { connectNats, watchConnection } from "../lib/jetstream/connection.ts";
import { Gatherer } from "../lib/jetstream/gather.ts";
import { decode, type Received } from "../lib/jetstream/message.ts";
import { CONSUMER, ensureStream } from "../lib/jetstream/stream.ts";
import { appliedSubject } from "../lib/jetstream/subject.ts";
import {
  STREAM_ACK_MS,
  STREAM_PULL_BYTES,
  STREAM_PULL_PAUSE_MS,
  STREAM_PULSE_MS,
} from "../lib/jetstream/limits.ts";
import { CONSUMER_CREDITS, MAX_DELIVERY_TRACES, STOP_MS } from "../lib/limits.ts";
import { logger } from "../lib/logger.ts";
import type { FromConsumer, StreamApplied } from "../lib/protocol.ts";
import type { Committed, ConsumerLoop } from "./consumer_loop.ts";
import type { Source } from "./journal_source.ts";

const log = logger("consumer");

/** How messages are pulled; the threshold, which its types know beside a number only, keeps requests few. */
const PULL = {
  max_bytes: STREAM_PULL_BYTES,
  threshold_messages: 25,
  idle_heartbeat: STREAM_PULSE_MS,
  abort_on_missing_resource: true,
};

/** A message with what it takes to ack it. */
interface Held extends Received {
  readonly raw: JsMsg;
}

/**
 * Connects, and begins to consume.
 *
 * @param name what the server shows
 * @throws {Error} if NATS does not answer, or the stream is not usable
 */
export async function consumeStream(
  config: StreamConfig,
  name: string,
  loop: ConsumerLoop,
  send: (message: FromConsumer) => void,
): Promise<Source> {
  const nats = await connectNats(config, name, log);
  const source = new StreamSource(config, nats, loop, send);
  watchConnection(nats, (up) => {
    if (up) log.info("{name} is connected to NATS again", { name });
    else log.warn("{name} lost NATS", { name });
    // The client would go on by itself, but after half a minute where the stream is not up yet.
    if (up) source.pullAgain();
  });
  source.run();
  return source;
}

class StreamSource implements Source {
  readonly #config: StreamConfig;
  readonly #nats: NatsConnection;
  readonly #loop: ConsumerLoop;
  readonly #send: (message: FromConsumer) => void;
  readonly #gatherer = new Gatherer<Held>();
  /** Everything that is neither acked nor given back. */
  readonly #held = new Set<JsMsg>();
  readonly #deliveries = new Set<Promise<void>>();
  #nextDelivery = 1;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #freed: (() => void) | undefined;
  #pulse: ReturnType<typeof setInterval>;
  #pulling: ConsumerMessages | undefined;
  #stopping = false;

  constructor(
    config: StreamConfig,
    nats: NatsConnection,
    loop: ConsumerLoop,
    send: (message: FromConsumer) => void,
  ) {
    this.#config = config;
    this.#nats = nats;
    this.#loop = loop;
    this.#send = send;
    this.#pulse = setInterval(() => {
      for (const message of this.#held) message.working();
    }, STREAM_ACK_MS / 3);
  }

  /** Pulls for as long as it is not stopped, whatever becomes of the stream. */
  async run(): Promise<void> {
    while (!this.#stopping) {
      try {
        await this.#pull();
      } catch (error) {
        if (this.#stopping) return;
        log.warn("Cannot consume, trying again: {reason}", { reason: reason(error) });
      }
      if (!this.#stopping) await delay(Math.random() * STREAM_PULL_PAUSE_MS);
    }
  }

  /** Begins to pull anew. What was pulled and not taken comes again. */
  pullAgain(): void {
    this.#pulling?.stop();
  }

  /** Deliveries come by themselves. */
  async deliver(): Promise<void> {}

  async stop(): Promise<void> {
    this.#stopping = true;
    clearInterval(this.#pulse);
    clearTimeout(this.#timer);
    this.#freed?.();
    this.#pulling?.stop();
    await Promise.race([Promise.all(this.#deliveries), delay(STOP_MS / 2)]);
    // Others need not wait for what this one has not begun, or not ended.
    for (const message of this.#held) message.nak();
    await Promise.race([this.#nats.close(), delay(STOP_MS / 4)]);
  }

  async #pull() {
    await ensureStream(await jetstreamManager(this.#nats, { checkAPI: false }), this.#config);
    const consumer = await jetstream(this.#nats).consumers.get(this.#config.stream, CONSUMER);
    const messages = await consumer.consume(PULL);
    this.#pulling = messages;
    for await (const raw of messages) {
      this.#take(raw);
      // No further message is taken meanwhile, and so no more are pulled.
      while (
        !this.#stopping && this.#gatherer.isFull && this.#deliveries.size >= CONSUMER_CREDITS
      ) {
        await new Promise<void>((resolve) => this.#freed = resolve);
      }
      if (this.#stopping) return;
    }
  }

  #take(raw: JsMsg) {
    const message = decode(raw);
    if (message === undefined) {
      log.error("A message on {subject} is none of Sekali's: dropped", { subject: raw.subject });
      return raw.term();
    }
    this.#held.add(raw);
    this.#gatherer.add({ ...message, raw }, Date.now());
    this.#dispatch();
  }

  #dispatch() {
    clearTimeout(this.#timer);
    while (!this.#stopping && this.#deliveries.size < CONSUMER_CREDITS) {
      const now = Date.now();
      const messages = this.#gatherer.take(now);
      if (messages === undefined) {
        const wait = this.#gatherer.dueInMs(now);
        if (wait !== undefined) this.#timer = setTimeout(() => this.#dispatch(), Math.max(1, wait));
        return;
      }
      const delivery = this.#deliver(this.#nextDelivery++, messages);
      this.#deliveries.add(delivery);
      delivery.finally(() => {
        this.#deliveries.delete(delivery);
        this.#freed?.();
        this.#dispatch();
      });
    }
  }

  async #deliver(delivery: number, messages: readonly Held[]) {
    this.#send({ kind: "took", delivery });
    const { journal } = messages[0]!;
    const entries = messages.map(({ entry, part, events, acceptedAt, json }) => (
      { id: entry, part, events, acceptedAt, json }
    ));
    const committed = await this.#loop.deliver(delivery, {
      journal,
      read: () => entries,
      waited: messages.filter(({ waited }) => waited).map(({ entry }) => entry),
      traces: messages.flatMap(({ traces }) => traces).slice(0, MAX_DELIVERY_TRACES),
    });
    if (this.#stopping && this.#nats.isClosed()) return;
    this.#tell(journal, messages, committed!);
    for (const { raw } of messages) {
      raw.ack();
      this.#held.delete(raw);
    }
  }

  /** Tells the instance that accepted the events. Where that does not arrive, it asks PostgreSQL. */
  #tell(journal: string, messages: readonly Held[], committed: Committed) {
    const parts = messages.map(({ entry, part }) => [entry, part] as const);
    const applied: StreamApplied = { parts, ...committed };
    try {
      this.#nats.publish(appliedSubject(this.#config.stream, journal), JSON.stringify(applied));
    } catch (error) {
      log.debug("Cannot tell what is applied: {reason}", { reason: reason(error) });
    }
  }
}
