/**
 * The journal's file as consumers read it, beside its writer.
 */
import { DatabaseSync, type StatementSync } from "node:sqlite";
import type { EntryRange } from "./protocol.ts";

/** An entry with its events, or a part of one. */
export interface StoredEntry {
  readonly id: number;
  /** Which part, from 1; absent where it is all of the entry. */
  readonly part?: number;
  readonly events: number;
  readonly acceptedAt: number;
  /** Events separated by commas. */
  readonly json: string;
}

/** The reading end, one for each consumer. */
export class JournalReader {
  readonly #database: DatabaseSync;
  readonly #read: StatementSync;

  /** @param path file path of a journal that a `JournalWriter` has opened */
  constructor(path: string) {
    this.#database = new DatabaseSync(path, { readOnly: true });
    this.#read = this.#database.prepare(`
      select id, events, accepted_at as acceptedAt, cast(json as text) as json
      from entries where id between ? and ? order by id
    `);
  }

  /** Reads the entries of a range that the journal still holds, oldest first. */
  read({ first, last }: EntryRange): StoredEntry[] {
    return this.#read.all(first, last) as unknown as StoredEntry[];
  }

  close(): void {
    this.#database.close();
  }
}
