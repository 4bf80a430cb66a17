/**
 * The journal's files, segments of one log: the writing end; `reader.ts` is the other.
 *
 * The files' constraints:
 * - one writer, the HTTP thread; any number of readers, the consumers;
 * - a commit stands in one segment, and is written once the one before it is on disk;
 * - nothing is changed of what stands in a segment. Once all of its entries are released its file becomes
 *   another segment's;
 * - entry ids grow by one and are never used again, since PostgreSQL recognises an applied entry by its id
 *   and the journal's own;
 * - what is released is told by the mark, which is not synced by itself, and not of an entry before which
 *   another is not released: after a crash such come back, and PostgreSQL knows them.
 *
 * An entry's `json` is events separated by commas, without brackets, so that entries join by commas.
 */
import { crc32 } from "node:zlib";
import type { Draft } from "../entries.ts";
import type { Entries, EntryRange } from "../protocol.ts";
import { takeOver } from "./earlier.ts";
import { SegmentFiles, writeAll } from "./files.ts";
import { SEGMENT_BYTES } from "./limits.ts";
import { encodeHead, RECORD_HEAD_BYTES } from "./record.ts";
import { type DamagedEntry, recover, type Recovered, type Segment } from "./recovery.ts";
import type { Released } from "./released.ts";
import { encodeMark, encodeSegmentHead, MARK_AT, SEGMENT_HEAD_BYTES } from "./segment.ts";
import { Syncer } from "./sync.ts";

/** The state of the journal's files. */
export interface JournalFile {
  readonly bytes: number;
  /** All entries below this id are released. */
  readonly oldest: number;
}

/** The writing end. */
export class JournalWriter {
  /** The journal's identity, a UUID. */
  readonly id: string;
  /** What an earlier run left, oldest first, neighbours joined to what makes one delivery. */
  readonly leftover: readonly Entries[];
  /** What of it was damaged and is set aside. */
  readonly damaged: readonly DamagedEntry[];

  readonly #inParts: boolean;
  readonly #segmentBytes: number;
  readonly #files: SegmentFiles;
  readonly #syncer = new Syncer();
  readonly #released: Released;
  readonly #segments: Segment[];
  /** That of the newest segment. */
  #file: Deno.FsFile | undefined;
  /** Where the next record goes in it; infinite where none may. */
  #at: number;
  #next: number;
  /** All entries below this id are on disk. */
  #synced: number;
  /** How much was written since the last sync. */
  #unsyncedBytes = 0;
  readonly #recordHead = new Uint8Array(RECORD_HEAD_BYTES);

  private constructor(
    found: Recovered,
    files: SegmentFiles,
    inParts: boolean,
    segmentBytes: number,
  ) {
    this.id = found.journal ?? crypto.randomUUID();
    this.leftover = found.leftover;
    this.damaged = found.damaged;
    this.#inParts = inParts;
    this.#segmentBytes = segmentBytes;
    this.#files = files;
    this.#released = found.released;
    this.#segments = found.segments;
    this.#next = this.#synced = found.next;
    this.#at = found.at;
    const newest = this.#segments.at(-1);
    // That its entries are applied in another way is said at the head of a segment.
    if (newest === undefined || found.inParts !== inParts) this.#begin(0);
    else this.#file = Deno.openSync(newest.path, { write: true });
    this.#retire();
    this.#files.prepare();
  }

  /**
   * Opens the journal in a directory, or makes it.
   *
   * @param directory its parent must exist
   * @param inParts whether its entries are applied in parts, as with `QUEUE_URL`
   * @param segmentBytes how large a segment may become
   * @throws {Error} if there is something else, or what a newer version has written, or entries that are
   * applied in the other way, or what can be neither used nor set aside
   */
  static async open(
    directory: string,
    inParts = false,
    segmentBytes = SEGMENT_BYTES,
  ): Promise<JournalWriter> {
    Deno.mkdirSync(directory, { recursive: true, mode: 0o700 });
    takeOver(directory);
    const found = recover(directory, segmentBytes);
    requireSameWay(found, inParts);
    const files = new SegmentFiles(directory, segmentBytes);
    if (found.segments.length === 0) {
      files.prepare();
      await files.idle();
    }
    const writer = new JournalWriter(found, files, inParts, segmentBytes);
    // What a process that was killed had written, and perhaps not synced.
    await writer.sync();
    return writer;
  }

  /** Id of the next entry. */
  get next(): number {
    return this.#next;
  }

  /** The state of the files. */
  get file(): JournalFile {
    const bytes = this.#segments.reduce((sum, { bytes }) => sum + bytes, this.#files.bytes);
    return { bytes, oldest: this.#released.oldest };
  }

  /**
   * Writes entries, which are on disk after the next {@linkcode JournalWriter.sync}.
   *
   * @returns them, one for each draft
   * @throws {Error} if none was written, e.g. on a full disk
   */
  commit(drafts: readonly Draft[]): Entries[] {
    const bytes = drafts.reduce((sum, { json }) => sum + RECORD_HEAD_BYTES + json.length, 0);
    if (this.#at + bytes > this.#segments.at(-1)!.bytes) this.#begin(bytes);
    const at = this.#at;
    // Where a write fails nothing is written behind what it leaves: the next commit begins a segment.
    this.#at = Infinity;
    this.#file!.seekSync(at, Deno.SeekMode.Start);
    const entries = drafts.map((draft, nth) => this.#write(draft, this.#next + nth));
    this.#at = at + bytes;
    this.#next += drafts.length;
    this.#segments.at(-1)!.live += drafts.length;
    this.#unsyncedBytes += bytes;
    // No sooner: until then the segment before has probably become the spare.
    if (this.#at > this.#segments.at(-1)!.bytes / 2) this.#files.prepare();
    return entries;
  }

  #write({ events, acceptedAt, json }: Draft, id: number): Entries {
    const bytes = json.length;
    const head = { id, commit: this.#next, acceptedAt, events, bytes, checksum: crc32(json) };
    encodeHead(head, this.#recordHead, 0);
    writeAll(this.#file!, this.#recordHead);
    writeAll(this.#file!, json);
    return { first: id, last: id, events, bytes, acceptedAt };
  }

  /**
   * Puts all commits on disk.
   *
   * @returns when they are; undefined where they are already
   * @throws {Error} if the disk fails: nothing can be promised then any more
   */
  sync(): Promise<void> | undefined {
    const next = this.#next;
    const syncing = this.#syncer.sync(this.#file!, this.#unsyncedBytes);
    this.#unsyncedBytes = 0;
    if (syncing === undefined) this.#synced = next;
    return syncing?.then(() => {
      this.#synced = next;
    });
  }

  /** Forgets entries, each of them once. */
  release(range: EntryRange): void {
    const { oldest } = this.#released;
    this.#released.add(range);
    for (const [place, segment] of this.#segments.entries()) {
      const end = this.#segments[place + 1]?.first ?? this.#next;
      const first = Math.max(range.first, segment.first);
      segment.live -= Math.max(Math.min(range.last + 1, end) - first, 0);
    }
    if (this.#released.oldest !== oldest) this.#mark();
    this.#retire();
  }

  /** Closes the files. */
  async close(): Promise<void> {
    this.#mark();
    this.#file!.close();
    await this.#files.idle();
  }

  /** Begins a segment for a commit of so many bytes. */
  #begin(bytes: number) {
    const first = this.#next;
    const size = Math.max(this.#segmentBytes, SEGMENT_HEAD_BYTES + bytes);
    const file = this.#files.open(size);
    writeAll(file, encodeSegmentHead({ journal: this.id, inParts: this.#inParts, first }), 0);
    writeAll(file, encodeMark({ oldest: this.#released.oldest, synced: first }), MARK_AT);
    // What has the name of a segment has its head, after a power cut, too.
    file.syncDataSync();
    // Once it has its name the segment before goes no further.
    this.#at = Infinity;
    const path = this.#files.name(first);
    if (this.#file !== undefined) {
      this.#mark();
      this.#file.close();
    }
    this.#file = file;
    if (this.#segments.at(-1)?.first === first) this.#segments.pop();
    this.#segments.push({ first, path, bytes: size, live: 0 });
    this.#at = SEGMENT_HEAD_BYTES;
    this.#retire();
  }

  #mark() {
    const mark = encodeMark({ oldest: this.#released.oldest, synced: this.#synced });
    try {
      writeAll(this.#file!, mark, MARK_AT);
    } catch {
      // After a crash entries come back then that PostgreSQL knows.
    }
  }

  /** Gives away the files of segments of which all entries are released, but for the newest. */
  #retire() {
    const newest = this.#segments.at(-1);
    for (const segment of this.#segments.filter(({ live }) => live === 0)) {
      if (segment === newest) continue;
      this.#segments.splice(this.#segments.indexOf(segment), 1);
      this.#files.retire(segment.path, segment.bytes);
    }
  }
}

/** Entries are identified in one way until they are released, else they would be applied twice, or never. */
function requireSameWay(found: Recovered, inParts: boolean) {
  if (found.inParts === inParts || found.leftover.length === 0) return;
  const left = found.leftover.reduce((sum, { first, last }) => sum + last - first + 1, 0);
  const [start, then] = inParts ? ["without", "with"] : ["with", "without"];
  throw new Error(
    `${left} entries of a run ${start} QUEUE_URL are in it: start ${start} it until nothing is pending, then ${then}`,
  );
}
