/**
 * The journal's files as consumers read them, beside their writer.
 */
import type { EntryRange } from "../protocol.ts";
import { FIRST_BUFFER_BYTES, OPEN_SEGMENTS } from "./limits.ts";
import { listSegments, segmentPath } from "./segment.ts";
import { SegmentReader } from "./segment_reader.ts";

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
  readonly #directory: string;
  /** Oldest first, as of the last look. */
  #segments: readonly SegmentReader[] = [];
  /** Those whose files are open, used last first. */
  #open: readonly SegmentReader[] = [];
  #buffer = new Uint8Array(FIRST_BUFFER_BYTES);

  /**
   * @param directory of a journal that a `JournalWriter` has opened
   * @throws {Error} if there is none
   */
  constructor(directory: string) {
    this.#directory = directory;
    this.#look();
  }

  /**
   * Reads the entries of a range that the journal still holds, oldest first.
   *
   * @throws {Error} if one of them is not what was written
   */
  read({ first, last }: EntryRange): StoredEntry[] {
    const entries: StoredEntry[] = [];
    let hasLooked = false;
    for (let id = first; id <= last;) {
      const found = this.#find(id, last);
      if (found?.id !== id && !hasLooked) {
        // Not because it is gone: a file that was open may be another segment's by now.
        this.#look();
        hasLooked = true;
        continue;
      }
      if (found === undefined) break;
      if (found.events > 0) entries.push(found);
      id = found.id + 1;
    }
    return entries;
  }

  close(): void {
    for (const segment of this.#open) segment.close();
    this.#open = [];
  }

  /** The oldest entry of a range. */
  #find(first: number, last: number): StoredEntry | undefined {
    const from = this.#segments.findLastIndex((segment) => segment.first <= first);
    for (const segment of this.#segments.slice(Math.max(from, 0))) {
      if (segment.first > last) break;
      this.#use(segment);
      const found = segment.find(first, last);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  #use(segment: SegmentReader) {
    const others = this.#open.filter((other) => other !== segment);
    for (const other of others.splice(OPEN_SEGMENTS - 1)) other.close();
    this.#open = [segment, ...others];
  }

  /** Looks which segments there are now. */
  #look() {
    this.close();
    this.#segments = listSegments(this.#directory).map((first) =>
      new SegmentReader(segmentPath(this.#directory, first), first, (bytes) => this.#room(bytes))
    );
  }

  #room(bytes: number): Uint8Array {
    if (bytes > this.#buffer.length) this.#buffer = new Uint8Array(bytes);
    return this.#buffer.subarray(0, bytes);
  }
}
