/**
 * Step 8 of the path: the live hub. One snapshot serves all open streams.
 *
 * A stream gets the latest numbers at most four times a second; one that reads too slowly gets
 * fewer of them, never a backlog, so that a client costs a bounded buffer.
 */
import { ProblemError, reason } from "./errors.ts";
import { MAX_STREAMS, STATS_FRAME_MS, STREAM_HEARTBEAT_MS } from "./limits.ts";
import { logger } from "./logger.ts";
import type { Snapshot } from "./snapshot.ts";

const log = logger("live");

type Client = ReadableStreamDefaultController<Uint8Array>;

export class LiveHub {
  readonly #take: () => Promise<Snapshot>;
  readonly #clients = new Set<Client>();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #lastFrame = "";
  #lastSentAt = 0;

  /** @param take makes a snapshot; called only while somebody looks on */
  constructor(take: () => Promise<Snapshot>) {
    this.#take = take;
  }

  /** How many streams are open. */
  get streams(): number {
    return this.#clients.size;
  }

  /**
   * Opens a stream of `stats` events, the first at once.
   *
   * @throws {ProblemError} 503 if too many are open
   */
  open(): ReadableStream<Uint8Array> {
    if (this.#clients.size >= MAX_STREAMS) {
      throw new ProblemError(503, "Too many streams", `${MAX_STREAMS} are open`);
    }
    let client: Client;
    return new ReadableStream<Uint8Array>({
      start: (controller) => {
        client = controller;
        this.#clients.add(client);
        this.#lastFrame = "";
        clearTimeout(this.#timer);
        this.#timer = setTimeout(() => this.#send(), 0);
      },
      cancel: () => {
        this.#clients.delete(client);
      },
    }, { highWaterMark: 4 });
  }

  /** Ends all streams. */
  close(): void {
    clearTimeout(this.#timer);
    for (const client of this.#clients) client.close();
    this.#clients.clear();
  }

  async #send() {
    const frame = await this.#frame();
    const now = Date.now();
    if (
      frame !== "" && (frame !== this.#lastFrame || now - this.#lastSentAt > STREAM_HEARTBEAT_MS)
    ) {
      const bytes = encoder.encode(frame);
      for (const client of this.#clients) {
        if ((client.desiredSize ?? 0) > 0) client.enqueue(bytes);
      }
      this.#lastFrame = frame;
      this.#lastSentAt = now;
    }
    if (this.#clients.size > 0) this.#timer = setTimeout(() => this.#send(), STATS_FRAME_MS);
  }

  async #frame(): Promise<string> {
    try {
      return `event: stats\ndata: ${JSON.stringify(await this.#take())}\n\n`;
    } catch (error) {
      log.warn("No snapshot for the streams: {reason}", { reason: reason(error) });
      return ": no numbers, the database is away\n\n";
    }
  }
}

const encoder = new TextEncoder();
