/**
 * The relay: publishes the journal's entries to the stream, and hears what became of them.
 *
 * Guarantees: what it is given is published until the stream has acknowledged it, again and again where
 * no answer comes; each message has the same id and body every time. It keeps few entries in memory: it
 * reads those that wait from the journal when there is room for them.
 */
import {
  jetstream,
  type JetStreamClient,
  type JetStreamManager,
  jetstreamManager,
} from "@nats-io/jetstream";
import type { NatsConnection } from "@nats-io/transport-node";
import { backOff } from "exponential-backoff";
import { reason } from "../errors.ts";
import { passBy } from "../fault.ts";
import { JournalReader, type StoredEntry } from "../journal/reader.ts";
import { MESSAGE_HEADER_BYTES, PUBLISH_TIMEOUT_MS, RELAY_BYTES, RELAY_MESSAGES } from "./limits.ts";
import { RETRY_FIRST_MS, RETRY_LONGEST_MS } from "../limits.ts";
import { logger } from "../logger.ts";
import type {
  DividedEntry,
  Entries,
  FromRelay,
  PartName,
  RelaySetup,
  StreamApplied,
  StreamPlaces,
  StreamState,
} from "../protocol.ts";
import { connectNats, watchConnection } from "./connection.ts";
import { encodeBody, encodeLabel, isLabelOf, withoutId } from "./message.ts";
import { divide, type Part } from "./parts.ts";
import { CONSUMER, ensureStream, openStream } from "./stream.ts";
import { appliedSubject, subjectOf } from "./subject.ts";

const log = logger("relay");

const LOST = "the connection was lost";

/** An entry on its way. */
interface Outgoing {
  readonly entry: StoredEntry;
  readonly parts: readonly Part[];
  readonly waited: boolean;
  readonly traces: readonly string[];
  /** Whether the stream may think that it has what it has lost. */
  readonly again: boolean;
}

export class Relay {
  readonly #setup: RelaySetup;
  readonly #send: (message: FromRelay) => void;
  readonly #nats: NatsConnection;
  readonly #js: JetStreamClient;
  readonly #jsm: JetStreamManager;
  readonly #reader: JournalReader;
  /** What is still to be read, oldest first. */
  readonly #waiting: Entries[] = [];
  /** Messages on their way, and the size of their events. */
  #messages = 0;
  #bytes = 0;
  /** Resolves when the connection is up. */
  #up = Promise.resolve();
  #back: (() => void) | undefined;
  /** What fails the publishes under way: an answer to them would never come. */
  readonly #cutOff = new Set<() => void>();
  #trouble: string | null = null;
  #closed = false;

  private constructor(
    setup: RelaySetup,
    nats: NatsConnection,
    jsm: JetStreamManager,
    send: (message: FromRelay) => void,
  ) {
    this.#setup = setup;
    this.#nats = nats;
    this.#jsm = jsm;
    this.#js = jetstream(nats);
    this.#reader = new JournalReader(setup.journalPath);
    this.#send = send;
  }

  /**
   * Connects, and makes the stream if there is none.
   *
   * @param send to whom it says what happens; `opened` is said first
   * @throws {Error} if NATS does not answer, or the stream is not usable
   */
  static async open(setup: RelaySetup, send: (message: FromRelay) => void): Promise<Relay> {
    const nats = await connectNats(setup.config, "sekali relay", log);
    try {
      const jsm = await jetstreamManager(nats, { checkAPI: false });
      await openStream(jsm, setup.config, log);
      const relay = new Relay(setup, nats, jsm, send);
      relay.#listen();
      const { max_payload } = nats.info!;
      send({ kind: "opened", maxMessageBytes: max_payload - MESSAGE_HEADER_BYTES });
      return relay;
    } catch (error) {
      await nats.close();
      throw error;
    }
  }

  /** Takes entries that the journal holds. */
  publish(entries: Entries): void {
    this.#waiting.push(entries);
    this.#fill();
  }

  /**
   * Tells which parts of entries the stream will not deliver any more. Where it has nothing to deliver that
   * is all of them, though it may hold some: after a crash a server may hold messages that were acked, or
   * take for acked what was not.
   */
  async check(entries: readonly StreamPlaces[]): Promise<void> {
    const deliverable = await this.#deliverable().catch(() => undefined);
    const missing: PartName[] = [];
    for (const { entry, seqs } of deliverable === undefined ? [] : entries) {
      for (const [at, seq] of seqs.entries()) {
        const held = deliverable! > 0 && await this.#isHeld(entry, at + 1, seq);
        if (!held) missing.push([entry, at + 1]);
      }
    }
    this.#send({ kind: "checked", missing });
  }

  /** Publishes entries again that were published before. */
  republish(entries: readonly number[]): void {
    for (const id of entries) {
      for (const entry of this.#reader.read({ first: id, last: id })) {
        const parts = divide(entry.json);
        this.#deliver({ entry, parts, waited: false, traces: [], again: true });
      }
    }
  }

  /** Tells what the stream has to deliver; undefined while that is not known. */
  async look(): Promise<void> {
    this.#send({ kind: "looked", state: await this.#state().catch(() => undefined) });
  }

  async #state(): Promise<StreamState> {
    const [messages, { state }] = await Promise.all([
      this.#deliverable(),
      this.#jsm.streams.info(this.#setup.config.stream),
    ]);
    return { messages, oldestAt: messages === 0 ? undefined : Date.parse(String(state.first_ts)) };
  }

  /** Messages that wait to be delivered, or acked. */
  async #deliverable(): Promise<number> {
    const info = await this.#jsm.consumers.info(this.#setup.config.stream, CONSUMER);
    return info.num_pending + info.num_ack_pending;
  }

  /** Ends it; what was not acknowledged stays in the journal. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#nats.close();
    this.#reader.close();
  }

  #listen() {
    const { config, journal } = this.#setup;
    this.#nats.subscribe(appliedSubject(config.stream, journal), {
      callback: (error, message) => {
        if (error !== null) return;
        try {
          this.#send({ kind: "applied", ...message.json<StreamApplied>() });
        } catch (error) {
          log.warn("A message on {subject} is none of Sekali's: {reason}", {
            subject: message.subject,
            reason: reason(error),
          });
        }
      },
    });
    watchConnection(this.#nats, (up) => {
      if (up) {
        this.#noteTrouble(null);
        this.#back?.();
        this.#back = undefined;
        return;
      }
      // It may be lost again before it was found: those who wait go on waiting for the same.
      if (this.#back === undefined) this.#up = new Promise((resolve) => this.#back = resolve);
      this.#noteTrouble(LOST);
      for (const cutOff of this.#cutOff) cutOff();
    });
  }

  /** Reads on while there is room. */
  #fill() {
    while (this.#messages < RELAY_MESSAGES && this.#bytes < RELAY_BYTES) {
      const entries = this.#waiting.shift();
      if (entries === undefined) return;
      const { waited = [], traces = [] } = entries;
      const outgoing = this.#reader.read(entries).map((entry): Outgoing => ({
        entry,
        parts: divide(entry.json),
        waited: waited.includes(entry.id),
        traces,
        again: false,
      }));
      this.#send({ kind: "divided", entries: outgoing.map(toDivided) });
      for (const one of outgoing) this.#deliver(one);
    }
  }

  async #deliver(outgoing: Outgoing) {
    this.#messages += outgoing.parts.length;
    this.#bytes += outgoing.entry.json.length;
    const seqs = await this.#untilPublished(outgoing);
    if (this.#closed) return;
    passBy("published");
    this.#noteTrouble(null);
    this.#send({ kind: "published", entry: outgoing.entry.id, seqs });
    this.#messages -= outgoing.parts.length;
    this.#bytes -= outgoing.entry.json.length;
    this.#fill();
  }

  #untilPublished(outgoing: Outgoing): Promise<number[]> {
    return backOff(() => this.#publishOnce(outgoing), {
      jitter: "full",
      numOfAttempts: Infinity,
      startingDelay: RETRY_FIRST_MS,
      maxDelay: RETRY_LONGEST_MS,
      retry: async (error) => {
        if (this.#closed) return false;
        if (!this.#nats.isClosed()) this.#noteTrouble(reason(error));
        await this.#up;
        // Perhaps the stream itself is gone, as one in memory after a restart of its server.
        if (reason(error) !== LOST) {
          await ensureStream(this.#jsm, this.#setup.config).catch(() => {});
        }
        return true;
      },
    }).catch(() => []);
  }

  async #publishOnce({ entry, parts, waited, traces, again }: Outgoing): Promise<number[]> {
    await this.#up;
    const { config: { stream }, journal } = this.#setup;
    const answers = parts.map((part) => {
      const label = {
        journal,
        entry: entry.id,
        part: part.part,
        events: part.positions.length,
        acceptedAt: entry.acceptedAt,
        waited,
        traces,
      };
      return this.#js.publish(subjectOf(stream, part.topic), encodeBody(part), {
        headers: again ? withoutId(encodeLabel(label)) : encodeLabel(label),
        timeout: PUBLISH_TIMEOUT_MS,
        retries: 0,
      });
    });
    // All of them, so that none is left that fails unheard.
    const settled = await this.#unlessCutOff(Promise.allSettled(answers));
    return settled.map((answer) => {
      if (answer.status === "rejected") throw answer.reason;
      return answer.value.seq;
    });
  }

  /** The same, but fails at once when the connection is lost. */
  #unlessCutOff<T>(answer: Promise<T>): Promise<T> {
    const { promise, resolve, reject } = Promise.withResolvers<T>();
    const cutOff = () => reject(new Error(LOST));
    this.#cutOff.add(cutOff);
    answer.then(resolve, reject).finally(() => this.#cutOff.delete(cutOff));
    return promise;
  }

  /** Whether the stream still holds a part's message; another may stand in its place. */
  async #isHeld(entry: number, part: number, seq: number): Promise<boolean> {
    const { config: { stream }, journal } = this.#setup;
    try {
      const message = await this.#jsm.streams.getMessage(stream, { seq });
      return message !== null && isLabelOf(message.header, { journal, entry, part });
    } catch {
      return true; // Not known: asked again another time.
    }
  }

  #noteTrouble(trouble: string | null) {
    if (trouble === this.#trouble) return;
    if (this.#trouble === null) {
      log.warn("NATS takes nothing, events wait in the journal: {trouble}", { trouble });
    } else if (trouble === null) {
      log.info("NATS takes events again");
    }
    this.#trouble = trouble;
    this.#send({ kind: "trouble", trouble });
  }
}

function toDivided({ entry, parts, waited }: Outgoing): DividedEntry {
  return {
    entry: entry.id,
    acceptedAt: entry.acceptedAt,
    bytes: Buffer.byteLength(entry.json),
    parts: parts.map(({ positions }) => positions.length),
    ...(waited && { positions: parts.map(({ positions }) => positions) }),
  };
}
