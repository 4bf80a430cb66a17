/**
 * Step 4 of the path, where QUEUE_URL names a NATS server: entries go through a JetStream stream, from
 * which consumers of this and other processes take them.
 *
 * Guarantees: the journal keeps an entry until PostgreSQL is known to hold all of it, so that nothing
 * depends on what becomes of the stream: what it loses is published again. Consumers say over NATS what
 * they have committed; that message may get lost, and is made up for by audit.ts.
 */
import { Buffer } from "node:buffer";
import type { StreamConfig } from "../config.ts";
import type { ConsumerHandle } from "../consumer_handle.ts";
import { pushEntries, toRanges } from "../entries.ts";
import { ProblemError, StartupError } from "../errors.ts";
import { splitValues } from "../json_text.ts";
import { Audit } from "./audit.ts";
import { MAX_STREAM_ENTRIES, STREAM_ANSWER_MS, STREAM_LOOK_MS } from "./limits.ts";
import { STOP_MS } from "../limits.ts";
import type { Entries, FromRelay, RelaySetup, StreamState, ToRelay } from "../protocol.ts";
import type { Queue, QueueEvents } from "../queue.ts";
import type { QueueStats } from "../snapshot.ts";
import { readApplied } from "../sql/apply.ts";
import type { Sql } from "../sql/connect.ts";
import { type ConsumersSetup, startConsumers } from "./consumers.ts";
import { Outstanding } from "./outstanding.ts";

/** What the queue is opened with. */
export interface JetStreamSetup extends Omit<ConsumersSetup, "config">, RelaySetup {
  readonly config: StreamConfig;
  readonly sql: Sql;
}

export class JetStreamQueue implements Queue {
  readonly consumers: readonly ConsumerHandle[];
  pending = 0;
  pendingBytes = 0;
  pendingElsewhere = 0;
  trouble: string | null = null;

  readonly #relay: Worker;
  readonly #on: QueueEvents;
  readonly #config: StreamConfig;
  readonly #maxMessageBytes: number;
  /** What the relay has not been given yet, oldest first. */
  readonly #waiting: Entries[] = [];
  /** What it has been given and has not divided yet. */
  readonly #given: Entries[] = [];
  readonly #outstanding = new Outstanding();
  /** Entries that are not in the stream yet, and who waits for that. */
  readonly #unstored = new Map<number, PromiseWithResolvers<void> | undefined>();
  #othersOldestAt: number | undefined;
  /** What the stream held at the last look; undefined if it did not say. */
  #state: StreamState | undefined;
  #looking: PromiseWithResolvers<void> | undefined;
  readonly #audit: Audit;
  #drained: (() => void) | undefined;
  #closed: (() => void) | undefined;

  private constructor(
    relay: Worker,
    setup: JetStreamSetup,
    maxMessageBytes: number,
    on: QueueEvents,
  ) {
    this.#relay = relay;
    this.#config = setup.config;
    this.#maxMessageBytes = maxMessageBytes;
    this.#on = on;
    this.consumers = startConsumers(setup);
    this.#audit = new Audit({
      outstanding: this.#outstanding,
      isAway: () => this.trouble !== null,
      readApplied: (entries) => readApplied(setup.sql, setup.journal, entries),
      apply: (parts) => this.#apply(parts),
      send: (message) => post(relay, message),
    });
  }

  /**
   * Connects to NATS, makes the stream where there is none, starts the consumers.
   *
   * @param failure called if the relay ends by itself
   * @throws {StartupError} if NATS does not answer, or the stream is not usable
   */
  static async open(
    setup: JetStreamSetup,
    on: QueueEvents,
    failure: (error: Error) => void,
  ): Promise<JetStreamQueue> {
    const relay = new Worker(new URL("../../workers/relay.ts", import.meta.url), {
      type: "module",
      name: "relay",
    });
    relay.onerror = (event) => {
      event.preventDefault();
      failure(new Error(`The relay ended: ${event.message}`));
    };
    const answered = Promise.withResolvers<FromRelay>();
    relay.onmessage = ({ data }) => answered.resolve(data);
    const { config, journalPath, journal, logLevel, logFormat, fault } = setup;
    post(relay, { kind: "open", config, journalPath, journal, logLevel, logFormat, fault });
    const answer = await answered.promise;
    if (answer.kind !== "opened") {
      relay.terminate();
      throw new StartupError(answer.kind === "refused" ? answer.message : "Cannot start: no relay");
    }
    const queue = new JetStreamQueue(relay, setup, answer.maxMessageBytes, on);
    relay.onmessage = ({ data }) => queue.#hear(data);
    return queue;
  }

  offer(entries: readonly Entries[]): void {
    for (const next of entries) {
      this.pending += next.events;
      this.pendingBytes += next.bytes;
      if (this.#waiting.length === 0 && this.#hasRoom()) this.#give(next);
      else pushEntries(this.#waiting, next);
    }
  }

  async stored(entry: number): Promise<void> {
    if (this.trouble !== null || !this.#unstored.has(entry)) return;
    let waiting = this.#unstored.get(entry);
    if (waiting === undefined) {
      waiting = Promise.withResolvers<void>();
      this.#unstored.set(entry, waiting);
      const timer = setTimeout(waiting.resolve, STREAM_ANSWER_MS);
      waiting.promise.then(() => clearTimeout(timer));
    }
    await waiting.promise;
  }

  requireFit(json: Uint8Array): void {
    // With the brackets around it.
    const most = this.#maxMessageBytes - 2;
    if (json.length <= most) return;
    const sizes = splitValues(new TextDecoder().decode(json)).map((event) =>
      Buffer.byteLength(event)
    );
    const largest = Math.max(...sizes);
    if (largest <= most) return;
    throw new ProblemError("event-too-large", `An event has ${largest} of ${most} bytes`);
  }

  get lagMs(): number {
    const oldest = Math.min(
      this.#outstanding.oldestAt ?? Infinity,
      (this.#given[0] ?? this.#waiting[0])?.acceptedAt ?? Infinity,
      this.pendingElsewhere > 0 ? this.#othersOldestAt ?? Infinity : Infinity,
    );
    return oldest === Infinity ? 0 : Math.max(0, Date.now() - oldest);
  }

  get stats(): QueueStats {
    const { stream, servers } = this.#config;
    const { messages = null, oldestAt } = this.#state ?? {};
    return {
      kind: "jetstream",
      stream,
      at: servers.join(","),
      trouble: this.trouble,
      messages,
      lag_ms: messages && Math.max(0, Date.now() - (oldestAt ?? Infinity)),
    };
  }

  get redeliveries(): number {
    return this.consumers.reduce((sum, { redeliveries }) => sum + redeliveries, 0);
  }

  async look(): Promise<void> {
    if (this.#looking === undefined) {
      this.#looking = Promise.withResolvers<void>();
      post(this.#relay, { kind: "look" });
    }
    const { promise } = this.#looking;
    const late = Promise.withResolvers<void>();
    const timer = setTimeout(() => {
      this.#state = undefined;
      late.resolve();
    }, STREAM_LOOK_MS);
    await Promise.race([promise, late.promise]);
    clearTimeout(timer);
  }

  async drain(withinMs: number): Promise<boolean> {
    const drained = Promise.withResolvers<void>();
    this.#drained = drained.resolve;
    const timer = setTimeout(drained.resolve, withinMs);
    this.#noticeDrained();
    await drained.promise;
    clearTimeout(timer);
    return this.pending === 0;
  }

  async stop(): Promise<void> {
    this.#audit.stop();
    await Promise.all(this.consumers.map((consumer) => consumer.stop(STOP_MS)));
    const closed = Promise.withResolvers<void>();
    this.#closed = closed.resolve;
    post(this.#relay, { kind: "close" });
    const timer = setTimeout(closed.resolve, STOP_MS);
    await closed.promise;
    clearTimeout(timer);
    this.#relay.terminate();
  }

  #hear(message: FromRelay) {
    switch (message.kind) {
      case "divided":
        this.#given.shift();
        for (const entry of message.entries) this.#outstanding.add(entry);
        return this.#giveMore();
      case "published":
        this.#outstanding.publish(message, Date.now());
        return this.#noteStored(message.entry);
      case "applied":
        this.#on.committed(message.outcome, message.durationMs);
        return this.#apply(message.parts, message.verdicts);
      case "trouble":
        this.trouble = message.trouble;
        if (message.trouble !== null) {
          for (const waiting of this.#unstored.values()) waiting?.resolve();
        }
        return;
      case "checked":
        this.#audit.judge(message.missing);
        return;
      case "looked":
        return this.#noteState(message.state);
      case "closed":
        return this.#closed?.();
    }
  }

  #hasRoom(): boolean {
    const given = this.#given.reduce((sum, { first, last }) => sum + last - first + 1, 0);
    return given + this.#outstanding.size < MAX_STREAM_ENTRIES;
  }

  #give(entries: Entries) {
    this.#given.push(entries);
    if (entries.first === entries.last) this.#unstored.set(entries.first, undefined);
    post(this.#relay, { kind: "publish", entries });
  }

  #giveMore() {
    while (this.#waiting.length > 0 && this.#hasRoom()) this.#give(this.#waiting.shift()!);
  }

  #noteStored(entry: number) {
    this.#unstored.get(entry)?.resolve();
    this.#unstored.delete(entry);
  }

  #apply(...told: Parameters<Outstanding["apply"]>) {
    const { events, done } = this.#outstanding.apply(...told);
    this.pending -= events;
    for (const { entry, bytes } of done) {
      this.pendingBytes -= bytes;
      this.#noteStored(entry);
    }
    if (done.length > 0) {
      this.#on.applied(
        toRanges(done.map(({ entry }) => entry)),
        done.filter(({ waited }) => waited).map(({ entry }) => entry),
        done.flatMap(({ verdicts }) => verdicts ?? []),
      );
    }
    this.#giveMore();
    this.#noticeDrained();
  }

  #noteState(state: StreamState | undefined) {
    this.#state = state;
    if (state !== undefined) {
      this.pendingElsewhere = Math.max(0, state.messages - this.#outstanding.messages);
      this.#othersOldestAt = state.oldestAt;
    }
    this.#looking?.resolve();
    this.#looking = undefined;
  }

  #noticeDrained() {
    if (this.pending === 0) this.#drained?.();
  }
}

function post(relay: Worker, message: ToRelay) {
  relay.postMessage(message);
}
