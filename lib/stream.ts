/**
 * One open stream: a bounded buffer between what happens and a client that reads as fast as it can.
 */
import { STREAM_BUFFER_BYTES } from "./limits.ts";

const encoder = new TextEncoder();

export class Stream {
  /** What the client reads. */
  readonly body: ReadableStream<Uint8Array>;
  readonly #onEnd: (stream: Stream) => void;
  #controller!: ReadableStreamDefaultController<Uint8Array>;
  #closed = false;
  #roomy = Promise.withResolvers<void>();
  /** The latest numbers, where there was no room for them. */
  #numbers: Uint8Array | undefined;

  /** @param onEnd called once when the client goes, or the stream is closed */
  constructor(onEnd: (stream: Stream) => void) {
    this.#onEnd = onEnd;
    this.body = new ReadableStream<Uint8Array>({
      start: (controller) => {
        this.#controller = controller;
      },
      pull: () => this.#pull(),
      cancel: () => this.#end(),
    }, new ByteLengthQueuingStrategy({ highWaterMark: STREAM_BUFFER_BYTES }));
  }

  /** Whether the client is gone, or the stream was ended. */
  get closed(): boolean {
    return this.#closed;
  }

  /** Sends frames; who sends much waits for room before. */
  send(frames: string): void {
    if (!this.#closed && frames !== "") this.#controller.enqueue(encoder.encode(frames));
  }

  /** Sends numbers: the latest only, where the client is slow. */
  sendNumbers(frame: Uint8Array): void {
    if (this.#closed) return;
    if (this.#hasRoom) this.#controller.enqueue(frame);
    else this.#numbers = frame;
  }

  /** Says something where nothing waits to be read. */
  beat(frame: string): void {
    if (this.#hasRoom) this.send(frame);
  }

  /** Waits until the client has read enough, or is gone. */
  async room(): Promise<void> {
    while (!this.#closed && !this.#hasRoom) await this.#roomy.promise;
  }

  /** Ends it, after what it has to read still. */
  close(): void {
    if (this.#closed) return;
    this.#controller.close();
    this.#end();
  }

  get #hasRoom(): boolean {
    return !this.#closed && (this.#controller.desiredSize ?? 0) > 0;
  }

  #pull() {
    if (this.#numbers !== undefined) this.#controller.enqueue(this.#numbers);
    this.#numbers = undefined;
    this.#wake();
  }

  #end() {
    this.#closed = true;
    this.#wake();
    this.#onEnd(this);
  }

  #wake() {
    this.#roomy.resolve();
    this.#roomy = Promise.withResolvers();
  }
}
