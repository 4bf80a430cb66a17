/**
 * Step 8 of the path: the live hub. One snapshot serves all open streams.
 *
 * A stream gets the latest numbers at once, then at most four times a second while they change; one
 * that reads too slowly gets fewer of them, never a backlog, so that a client costs a bounded buffer.
 * While nobody looks on, nothing is asked of the database.
 */
import { delay } from "./delay.ts";
import { ProblemError } from "./errors.ts";
import {
  MAX_STREAMS,
  STATS_FRAME_MS,
  STREAM_BUFFER_FRAMES,
  STREAM_HEARTBEAT_MS,
} from "./limits.ts";
import type { DashboardSnapshot } from "./snapshot.ts";

type Client = ReadableStreamDefaultController<Uint8Array>;

export class LiveHub {
  readonly #take: () => Promise<DashboardSnapshot>;
  readonly #clients = new Set<Client>();
  #running = false;
  #closed = false;
  #latest = "";

  /** @param take makes a snapshot; called only while somebody looks on */
  constructor(take: () => Promise<DashboardSnapshot>) {
    this.#take = take;
  }

  /** How many streams are open. */
  get streams(): number {
    return this.#clients.size;
  }

  /**
   * Opens a stream of `stats` events.
   *
   * @throws {ProblemError} 503 if too many are open, or the service is stopping
   */
  open(): ReadableStream<Uint8Array> {
    if (this.#closed) throw new ProblemError(503, "Stopping", "The service opens no more streams");
    if (this.#clients.size >= MAX_STREAMS) {
      throw new ProblemError(503, "Too many streams", `${MAX_STREAMS} are open`);
    }
    let client: Client;
    return new ReadableStream<Uint8Array>({
      start: (controller) => {
        client = controller;
        this.#clients.add(client);
        if (this.#latest !== "") client.enqueue(encoder.encode(this.#latest));
        if (!this.#running) this.#run();
      },
      cancel: () => {
        this.#clients.delete(client);
      },
    }, { highWaterMark: STREAM_BUFFER_FRAMES });
  }

  /** Ends all streams and opens no more. */
  close(): void {
    this.#closed = true;
    for (const client of this.#clients) client.close();
    this.#clients.clear();
  }

  async #run() {
    this.#running = true;
    let sentAt = 0;
    while (this.#clients.size > 0) {
      const frame = await this.#frame();
      const now = Date.now();
      if (frame !== this.#latest || now - sentAt >= STREAM_HEARTBEAT_MS) {
        this.#send(frame);
        sentAt = now;
      }
      await delay(STATS_FRAME_MS);
    }
    this.#running = false;
    this.#latest = "";
  }

  #send(frame: string) {
    this.#latest = frame;
    const bytes = encoder.encode(frame);
    for (const client of this.#clients) {
      if ((client.desiredSize ?? 0) > 0) client.enqueue(bytes);
    }
  }

  async #frame(): Promise<string> {
    return `event: stats\ndata: ${JSON.stringify(await this.#take())}\n\n`;
  }
}

const encoder = new TextEncoder();
