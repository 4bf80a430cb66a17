/**
 * Up to which seq it is decided what is stored, although transactions commit in another order than
 * their seqs: a reader that stops there misses nothing that commits later.
 *
 * A look reads the last seq that was given out, and only then takes a transaction id of its own. Who
 * has used one of those seqs had an id before (in apply.sql and replay.ts another row of the same
 * transaction is written first), hence a lower one. Once no lower id is running, all of them have
 * ended. A snapshot's `xmax` would not do: ids that run beyond the last that ended are not below it.
 *
 * Whoever else writes on the same server, even in another database, can make it later, never wrong. A
 * sequence that hands out values in advance (`CACHE` above 1) would make it wrong: this one does not.
 */
import type { Sql } from "./connect.ts";

/** What a look finds. */
export interface Head {
  /** The last seq that was given out; 0 if none was. */
  readonly last: number;
  /** No transaction id below this one is running. */
  readonly xmin: bigint;
  /** An id taken after `last` was read; undefined where none was asked for. */
  readonly xid: bigint | undefined;
}

/** What a look is to find out. */
export interface Question {
  /** An id is taken only where the last seq is above this one, … */
  readonly above: number;
  /** … and no id below this one is running. */
  readonly ended: bigint;
}

/** What is decided, from one look to the next. */
export class Watermark {
  #value: number | undefined;
  /** What is decided once no id below `xid` runs. */
  #pending: { readonly last: number; readonly xid: bigint } | undefined;

  /** All seqs up to here are decided; undefined until that is known of any. */
  get value(): number | undefined {
    return this.#value;
  }

  /** Whether more will be decided without anything new being written. */
  get pending(): boolean {
    return this.#pending !== undefined;
  }

  /** What the next look has to find out. */
  get question(): Question {
    return {
      above: this.#pending?.last ?? this.#value ?? -1,
      ended: this.#pending?.xid ?? 0n,
    };
  }

  /** Takes in what a look found. */
  take({ last, xmin, xid }: Head): void {
    // Another store, or one that came back from an older state.
    if (last < (this.#value ?? 0)) this.#value = this.#pending = undefined;
    if (this.#pending !== undefined && xmin >= this.#pending.xid) {
      this.#value = this.#pending.last;
      this.#pending = undefined;
    }
    if (xid === undefined) return;
    if (xmin >= xid) this.#value = last;
    else this.#pending = { last, xid };
  }

  /** Forgets what is pending: a server that crashed gives its transaction ids out again. */
  forget(): void {
    this.#pending = undefined;
  }
}

/** Looks once. */
export async function readHead(sql: Sql, { above, ended }: Question): Promise<Head> {
  // The id depends on what was read of the sequence, so it is taken after.
  const [head] = await sql<[{ last: number; xmin: string; xid: string | null }]>`
    select
      last,
      xmin::text,
      case when last > ${above}::bigint and xmin >= ${String(ended)}::text::xid8
        then pg_current_xact_id()::text end as xid
    from (
      select
        coalesce(pg_sequence_last_value(pg_get_serial_sequence('processed_events', 'seq')::regclass), 0)
          as last,
        pg_snapshot_xmin(pg_current_snapshot()) as xmin
      offset 0
    ) as head`;
  const { last, xmin, xid } = head;
  return { last, xmin: BigInt(xmin), xid: xid === null ? undefined : BigInt(xid) };
}
