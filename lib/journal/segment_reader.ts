/**
 * One segment as consumers read it. Its writer may be adding to it, or may have given its file to another
 * segment: then its entries are released, and other ids stand there.
 */
import { crc32 } from "node:zlib";
import type { StoredEntry } from "./reader.ts";
import { decodeHead, RECORD_HEAD_BYTES, type RecordHead } from "./record.ts";
import { SEGMENT_HEAD_BYTES } from "./segment.ts";

const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

export class SegmentReader {
  /** Id of the first entry. */
  readonly first: number;
  readonly #path: string;
  readonly #room: (bytes: number) => Uint8Array;
  /** Open once something was asked of it. */
  #file: Deno.FsFile | undefined;
  /** Where a record begins, and an id above those of all before it: a delivery mostly goes on from there. */
  #at = SEGMENT_HEAD_BYTES;
  #next: number;
  readonly #head = new Uint8Array(RECORD_HEAD_BYTES);

  /**
   * @param first id of the first entry
   * @param room gives so many bytes to read into, until it is asked again
   */
  constructor(path: string, first: number, room: (bytes: number) => Uint8Array) {
    this.#path = path;
    this.#room = room;
    this.first = this.#next = first;
  }

  /**
   * Reads the oldest entry of a range.
   *
   * @returns undefined where none of it stands here
   * @throws {Error} if it is not what was written
   */
  find(first: number, last: number): StoredEntry | undefined {
    if (first < this.#next) {
      this.#at = SEGMENT_HEAD_BYTES;
      this.#next = this.first;
    }
    for (;;) {
      const head = this.#readHead();
      if (head === undefined || head.id < this.#next || head.id > last) return undefined;
      const { id, events, acceptedAt } = head;
      const json = id < first ? "" : this.#readJson(head);
      if (json === undefined) return undefined;
      this.#at += RECORD_HEAD_BYTES + head.bytes;
      this.#next = id + 1;
      if (id >= first) return { id, events, acceptedAt, json };
    }
  }

  /** Closes the file until something is asked again. */
  close(): void {
    this.#file?.close();
    this.#file = undefined;
  }

  #readHead(): RecordHead | undefined {
    return this.#readAt(this.#at, this.#head) ? decodeHead(this.#head, 0) : undefined;
  }

  /** Undefined where the file was given to another segment meanwhile. */
  #readJson(head: RecordHead): string | undefined {
    if (head.events === 0) return "";
    const json = this.#room(head.bytes);
    const isWhole = this.#readAt(this.#at + RECORD_HEAD_BYTES, json);
    if (isWhole && crc32(json) === head.checksum) return decoder.decode(json);
    if (this.#readHead()?.id === head.id) throw new Error(`Entry ${head.id} is damaged`);
    return undefined;
  }

  /** Fills bytes from a place of the file. @returns whether there are so many, and the file */
  #readAt(at: number, into: Uint8Array): boolean {
    try {
      this.#file ??= Deno.openSync(this.#path);
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return false;
      throw error;
    }
    this.#file.seekSync(at, Deno.SeekMode.Start);
    for (let filled = 0; filled < into.length;) {
      const read = this.#file.readSync(into.subarray(filled));
      if (read === null) return false;
      filled += read;
    }
    return true;
  }
}
