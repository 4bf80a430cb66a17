/**
 * A PostgreSQL that belongs to none of the services: killed and started again at the same address, as
 * one on a machine of its own.
 */
import { join } from "node:path";
import { type EmbeddedPostgres, startEmbeddedPostgres } from "../../lib/postgres/embedded.ts";
import { parsePidFile } from "../../lib/postgres/orphan.ts";
import { killAll } from "./processes.ts";

export class Postgres {
  readonly directory: string;
  #server: EmbeddedPostgres;

  private constructor(directory: string, server: EmbeddedPostgres) {
    this.directory = directory;
    this.#server = server;
  }

  /** @param directory an empty one */
  static async open(directory: string): Promise<Postgres> {
    return new Postgres(directory, await startEmbeddedPostgres(directory));
  }

  /** Where it is, now and after it was started again. */
  databaseUrl(): Promise<string> {
    return Promise.resolve(this.#server.url);
  }

  /** Ends its first process as a crash would; the others notice and follow. */
  async kill(): Promise<void> {
    const file = join(this.directory, "postgres", "data", "postmaster.pid");
    killAll([parsePidFile(await Deno.readTextFile(file)).pid]);
    await this.#server.exited;
  }

  async start(): Promise<void> {
    this.#server = await startEmbeddedPostgres(
      this.directory,
      Number(new URL(this.#server.url).port),
    );
  }

  /** Ends it; then removes the directory, unless it is to be kept. */
  async end({ keep }: { keep: boolean }): Promise<void> {
    await this.#server.stop();
    if (!keep) await Deno.remove(this.directory, { recursive: true });
  }
}
