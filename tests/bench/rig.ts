/**
 * What is measured: the real service as `deno task serve` runs it, and, on the same PostgreSQL in a
 * schema of its own, the service's statement straight from the driver.
 */
import type { Stats } from "../../lib/snapshot.ts";
import { apply } from "../../lib/sql/apply.ts";
import { connect, type Sql } from "../../lib/sql/connect.ts";
import { migrate } from "../../lib/sql/migrate.ts";
import { MAX_DELIVERY_EVENTS } from "../../lib/limits.ts";
import type { StoredEntry } from "../../lib/journal/reader.ts";
import { Instance } from "../verify/instance.ts";
import { Loads } from "./load.ts";

/**
 * How often `/stats` is asked whether all is committed: not before that could be, at a rate that is never
 * reached. To ask each 5 ms takes a third of a core from what is measured; at the end it is the error.
 */
const LOOK_MS = { least: 5, most: 250 };
const EVENTS_A_MS = 200;

const SCHEMA = "bare";

export class Rig implements AsyncDisposable {
  readonly instance: Instance;
  readonly loads: Loads;
  /** Connections to the schema of the bare statement. */
  readonly sql: Sql;
  readonly #connections: number;
  #journal = crypto.randomUUID();
  #entry = 0;

  private constructor(instance: Instance, loads: Loads, sql: Sql, connections: number) {
    this.instance = instance;
    this.loads = loads;
    this.sql = sql;
    this.#connections = connections;
  }

  /**
   * Starts all of it in a directory of its own.
   *
   * @param env what of its configuration is set
   */
  static async start(seed: string, env: Readonly<Record<string, string>> = {}): Promise<Rig> {
    const instance = new Instance(await Deno.makeTempDir({ prefix: "sekali-bench-" }), { env });
    try {
      await instance.start();
      const url = `${await instance.databaseUrl()}?search_path=${SCHEMA}`;
      const { consumers } = (await instance.read<Stats>("/stats"))!;
      const sql = connect(url, consumers.length, "sekali bench", 0, true);
      await sql`create schema ${sql(SCHEMA)}`;
      await migrate(sql);
      return new Rig(instance, new Loads(seed), sql, consumers.length);
    } catch (error) {
      await instance.end({ keep: false });
      throw error;
    }
  }

  /** Where events are published. */
  get url(): URL {
    return this.instance.publishUrl;
  }

  /** The numbers of the service. */
  async stats(): Promise<Stats> {
    const stats = await this.instance.read<Stats>("/stats");
    if (stats === undefined) throw new Error("The service does not answer /stats");
    return stats;
  }

  /** Waits until nothing is pending. */
  async settled(): Promise<Stats> {
    for (;;) {
      const stats = await this.stats();
      if (stats.pending === 0) return stats;
      const ms = Math.min(Math.max(stats.pending / EVENTS_A_MS, LOOK_MS.least), LOOK_MS.most);
      await new Promise((resolve) => setTimeout(resolve, ms));
    }
  }

  /**
   * Applies events with the service's own statement, over as many connections as the service has
   * consumers, in deliveries as large as the service's.
   *
   * @param limitMs after which no more are applied
   * @returns events a second
   */
  async bare(events: number, limitMs = Infinity): Promise<number> {
    const deliveries = this.loads.bodies(events, MAX_DELIVERY_EVENTS).map((body) =>
      this.#entryOf(body)
    );
    const start = performance.now();
    let next = 0;
    await Promise.all(Array.from({ length: this.#connections }, async (_, shard) => {
      while (next < deliveries.length && performance.now() < start + limitMs) {
        await apply(this.sql, this.#journal, shard + 1, [deliveries[next++]!]);
      }
    }));
    const applied = Math.min(events, next * MAX_DELIVERY_EVENTS);
    return 1000 * applied / (performance.now() - start);
  }

  /** Memory of the service, MiB; not a number where the system does not tell. */
  async memory(): Promise<{ resident: number; peak: number }> {
    const { pid } = this.instance.mustRun();
    const status = await Deno.readTextFile(`/proc/${pid}/status`).catch(() => "");
    const mib = (field: string) =>
      Number(new RegExp(`^${field}:\\s+(\\d+) kB`, "m").exec(status)?.[1] ?? NaN) / 1024;
    return { resident: mib("VmRSS"), peak: mib("VmHWM") };
  }

  #entryOf(body: string): StoredEntry {
    return {
      id: ++this.#entry,
      events: MAX_DELIVERY_EVENTS,
      acceptedAt: Date.now(),
      json: body.slice(1, -1),
    };
  }

  async [Symbol.asyncDispose]() {
    await this.sql.end({ timeout: 0 });
    await this.instance.end({ keep: false });
  }
}
