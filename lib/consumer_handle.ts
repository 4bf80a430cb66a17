/**
 * One consumer as the dispatcher sees it: a worker, its channel, what it holds.
 *
 * Keeps the consumer alive: a worker that crashes, or says nothing for too long, is replaced by a
 * new one on a new channel, so that late words of the old one are not heard. What the old one held
 * is handed back.
 */
import {
  CONSUMER_CREDITS,
  CONSUMER_SILENCE_MS,
  CONSUMER_START_MS,
  HEARTBEAT_MS,
  REDELIVERY_MS,
} from "./limits.ts";
import { logger } from "./logger.ts";
import { Rate } from "./meters.ts";
import type { ConsumerState, ConsumerStats } from "./snapshot.ts";
import type { Ack, ConsumerSetup, Entries, FromConsumer, ToConsumer } from "./protocol.ts";

const log = logger("queue");

/** What the dispatcher wants to hear of a consumer. */
export interface ConsumerEvents {
  /** It can take deliveries. */
  ready(): void;
  ack(message: Ack): void;
  /** These deliveries are no longer in its hands: it died, or never heard the doorbell. */
  lost(deliveries: readonly number[]): void;
}

/** A consumer's setup without the channel, which is new with each worker. */
export type ConsumerBase = Omit<ConsumerSetup, "channel">;

export class ConsumerHandle {
  /** When it last committed, milliseconds since 1970. */
  lastCommitAt: number | undefined;
  /** Deliveries that it died with or never heard of. */
  redeliveries = 0;
  readonly #base: ConsumerBase;
  readonly #on: ConsumerEvents;
  /** Deliveries in its hands, with the time of the doorbell or of the last word of them. */
  readonly #held = new Map<number, number>();
  #lastCommitMs: number | null = null;
  #committed = 0;
  readonly #rate = new Rate();
  #restarts = 0;
  #trouble: string | null = null;
  #worker: Worker | undefined;
  #channel: BroadcastChannel | undefined;
  #ready = false;
  #stopped: (() => void) | undefined;
  #heardAt = 0;
  #watch: ReturnType<typeof setInterval>;

  constructor(base: ConsumerBase, on: ConsumerEvents) {
    this.#base = base;
    this.#on = on;
    this.#start();
    this.#watch = setInterval(() => this.#check(Date.now()), HEARTBEAT_MS);
  }

  /** How many more deliveries it may be given. */
  get credits(): number {
    return this.#ready ? CONSUMER_CREDITS - this.#held.size : 0;
  }

  get state(): ConsumerState {
    if (this.#stopped !== undefined) return "stopped";
    if (!this.#ready) return "starting";
    if (this.#held.size === 0) return "idle";
    return this.#trouble === null ? "busy" : "retrying";
  }

  get stats(): ConsumerStats {
    return {
      consumer: this.#base.consumer,
      state: this.state,
      committed: this.#committed,
      last_commit_at: this.lastCommitAt === undefined
        ? null
        : new Date(this.lastCommitAt).toISOString(),
      last_commit_ms: this.#lastCommitMs,
      rate: this.#rate.perSecond(Date.now()),
      redeliveries: this.redeliveries,
      restarts: this.#restarts,
      trouble: this.#trouble,
    };
  }

  /** Rings the doorbell. */
  deliver(delivery: number, { first, last, waited = [], traces = [] }: Entries): void {
    this.#held.set(delivery, Date.now());
    this.#post({ kind: "deliver", delivery, entries: { first, last }, waited, traces });
  }

  /** Ends the worker at once, as a crash would. The watch then replaces it. */
  kill(): void {
    this.#worker?.terminate();
  }

  /**
   * Lets the worker close its connections, for so long; then ends it.
   *
   * @param graceMs how long it may take
   */
  async stop(graceMs: number): Promise<void> {
    clearInterval(this.#watch);
    const stopped = Promise.withResolvers<void>();
    this.#stopped = stopped.resolve;
    // One that is not up yet would not hear it, and has nothing to close.
    if (this.#ready) this.#post({ kind: "stop" });
    else stopped.resolve();
    const timer = setTimeout(stopped.resolve, graceMs);
    await stopped.promise;
    clearTimeout(timer);
    this.#end();
    this.#channel?.close();
  }

  #start() {
    const channel = `sekali/${crypto.randomUUID()}`;
    this.#ready = false;
    this.#heardAt = Date.now();
    // Not before the next is open: Deno 2.9.6 may hear nothing on a channel that is opened right after
    // the last one of the process was closed.
    const former = this.#channel;
    this.#channel = new BroadcastChannel(channel);
    former?.close();
    this.#channel.onmessage = ({ data }: MessageEvent<FromConsumer>) => this.#hear(data);
    this.#worker = new Worker(new URL("../workers/consumer.ts", import.meta.url), {
      type: "module",
      name: `consumer ${this.#base.consumer}`,
    });
    this.#worker.onerror = (event) => {
      event.preventDefault();
      this.#replace(event.message);
    };
    // A fault strikes once: a new worker would only come by the same point again.
    const fault = this.#restarts === 0 ? this.#base.fault : undefined;
    this.#worker.postMessage({ ...this.#base, channel, fault } satisfies ConsumerSetup);
  }

  /** Ends the worker; late words of it are not heard. */
  #end() {
    if (this.#channel !== undefined) this.#channel.onmessage = null;
    this.#worker?.terminate();
    this.#worker = undefined;
  }

  #hear(message: FromConsumer) {
    this.#heardAt = Date.now();
    switch (message.kind) {
      case "ready":
        this.#ready = true;
        return this.#on.ready();
      case "took":
        this.#held.set(message.delivery, this.#heardAt);
        return;
      case "heartbeat":
        this.#trouble = message.trouble;
        for (const delivery of message.holding) {
          if (this.#held.has(delivery)) this.#held.set(delivery, this.#heardAt);
        }
        return;
      case "ack":
        this.#trouble = null;
        this.lastCommitAt = this.#heardAt;
        this.#lastCommitMs = message.durationMs;
        this.#committed += message.outcome.received;
        this.#rate.add(message.outcome.received, this.#heardAt);
        this.#held.delete(message.delivery);
        return this.#on.ack(message);
      case "stopped":
        return this.#stopped?.();
    }
  }

  /** Notices silence, and deliveries that the worker never names. */
  #check(now: number) {
    if (this.#worker === undefined) return this.#start();
    const patience = this.#ready ? CONSUMER_SILENCE_MS : CONSUMER_START_MS;
    if (now - this.#heardAt > patience) return this.#replace("no sign of life");
    const lost = [...this.#held].filter(([, namedAt]) => now - namedAt > REDELIVERY_MS)
      .map(([delivery]) => delivery);
    for (const delivery of lost) this.#held.delete(delivery);
    this.#lose(lost);
  }

  #replace(why: string) {
    log.error("Consumer {consumer} died, a new one takes its place: {why}", {
      consumer: this.#base.consumer,
      why,
    });
    const held = [...this.#held.keys()];
    this.#held.clear();
    this.#end();
    this.#restarts++;
    // One that never came up would only fail again at once: it waits for the next look.
    if (this.#ready) this.#start();
    this.#lose(held);
  }

  #lose(deliveries: readonly number[]) {
    this.redeliveries += deliveries.length;
    if (deliveries.length > 0) this.#on.lost(deliveries);
  }

  #post(message: ToConsumer) {
    this.#channel?.postMessage(message);
  }
}
