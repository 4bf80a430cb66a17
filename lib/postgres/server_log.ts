/**
 * PostgreSQL's log: kept in a file of bounded size, its last lines in memory to explain a failure.
 *
 * The log comes through a pipe. When this process is killed PostgreSQL goes on without a log.
 */
import { LOG_FILE_LIMIT_BYTES, LOG_TAIL_LINES } from "./limits.ts";

const READY = "LOG:  database system is ready to accept connections";

/** Follows the log of one server process from its start to its end. */
export class ServerLog {
  readonly #path: string;
  readonly #lines: string[] = [];
  readonly #ready = Promise.withResolvers<void>();
  #version = "";

  /** Resolves when all of the log has been read, after the end of the server. */
  readonly closed: Promise<void>;

  /**
   * @param stream the server's standard error
   * @param path file to append to; beyond its limit it becomes `<path>.1`
   */
  constructor(stream: ReadableStream<Uint8Array>, path: string) {
    this.#path = path;
    this.closed = this.#follow(stream);
  }

  /** Resolves when the server accepts connections; stays pending if it never does. */
  get ready(): Promise<void> {
    return this.#ready.promise;
  }

  /** The server's version, such as `18.4`; known when it is ready. */
  get version(): string {
    return this.#version;
  }

  /** The last lines, oldest first. */
  get lines(): readonly string[] {
    return this.#lines;
  }

  async #follow(stream: ReadableStream<Uint8Array>): Promise<void> {
    let partial = "";
    const decoder = new TextDecoder();
    for await (const chunk of stream) {
      this.#append(chunk);
      const lines = (partial + decoder.decode(chunk, { stream: true })).split("\n");
      partial = lines.pop()!.slice(0, LOG_FILE_LIMIT_BYTES);
      for (const line of lines) this.#read(line);
    }
    this.#read(partial);
  }

  #read(line: string): void {
    this.#lines.push(line);
    if (this.#lines.length > LOG_TAIL_LINES) this.#lines.shift();
    this.#version ||= /LOG: {2}starting PostgreSQL (\S+) /.exec(line)?.[1] ?? "";
    if (line.includes(READY)) this.#ready.resolve();
  }

  /** A log that cannot be written (disk full) must not stop the database. */
  #append(chunk: Uint8Array): void {
    try {
      if (this.#write(chunk) > LOG_FILE_LIMIT_BYTES) Deno.renameSync(this.#path, `${this.#path}.1`);
    } catch {
      // What it says last is still in memory.
    }
  }

  /** @returns the size of the file */
  #write(chunk: Uint8Array): number {
    using file = Deno.openSync(this.#path, { append: true, create: true, mode: 0o600 });
    file.writeSync(chunk);
    return file.statSync().size;
  }
}

/**
 * Why a program of PostgreSQL failed, in its own words and one line.
 *
 * @param lines its standard error
 * @returns undefined if it did not say
 *
 * @example
 * ```ts
 * import { strictEqual } from "node:assert/strict";
 *
 * const lines = [
 *   '2026-01-31 12:00:00.000 UTC [7] FATAL:  could not open file "global/pg_control"',
 *   "2026-01-31 12:00:00.000 UTC [7] LOG:  database system is shut down",
 * ];
 * strictEqual(failureReason(lines), 'could not open file "global/pg_control"');
 * ```
 */
export function failureReason(lines: readonly string[]): string | undefined {
  const failures = lines.map((line) => /(?:PANIC|FATAL|ERROR|error):\s+(.+)$/.exec(line)?.[1]);
  return failures.findLast((failure) => failure !== undefined) ??
    lines.findLast((line) => line.trim() !== "")?.trim();
}
