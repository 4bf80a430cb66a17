/**
 * The head of a segment, and its name: that of the first entry it holds.
 *
 * In the block before the records stand what never changes and, 512 bytes further, the mark: how far the
 * entries are released, and how far they are known to be on disk. The mark is not synced by itself; after
 * a power cut it may be an older one.
 */
import { Buffer } from "node:buffer";
import { join } from "node:path";
import { crc32 } from "node:zlib";

/** Where the records begin. */
export const SEGMENT_HEAD_BYTES = 4096;

/** Where the mark stands. */
export const MARK_AT = 512;

const LAYOUT = 1;
const MAGIC = Buffer.from("Sekali journal\0\0");
const ID_BYTES = 36;
const HEAD_BYTES = 76;
const MARK_BYTES = 20;

/** What a segment says of itself. */
export interface SegmentHead {
  /** The journal's identity, a UUID. */
  readonly journal: string;
  /** Whether the entries are applied in parts. */
  readonly inParts: boolean;
  /** Id of the first entry. */
  readonly first: number;
}

/** How far a journal has come. */
export interface Mark {
  /** All entries below this id are released. */
  readonly oldest: number;
  /** All below this id were on disk when the mark was written. */
  readonly synced: number;
}

/** The path of the segment whose first entry has an id. */
export function segmentPath(directory: string, first: number): string {
  return join(directory, `${String(first).padStart(16, "0")}.log`);
}

/** The first ids of the segments in a directory, oldest first. */
export function listSegments(directory: string): number[] {
  return [...Deno.readDirSync(directory)]
    .flatMap(({ name }) => /^(\d{16})\.log$/.exec(name)?.[1] ?? [])
    .map(Number)
    .sort((a, b) => a - b);
}

/** The head as it stands at the start of a segment. */
export function encodeSegmentHead({ journal, inParts, first }: SegmentHead): Uint8Array {
  const bytes = new Uint8Array(HEAD_BYTES);
  const view = new DataView(bytes.buffer);
  bytes.set(MAGIC);
  view.setUint32(16, LAYOUT);
  view.setUint32(20, Number(inParts));
  view.setFloat64(24, first);
  new TextEncoder().encodeInto(journal, bytes.subarray(32, 32 + ID_BYTES));
  view.setUint32(72, crc32(bytes.subarray(0, 72)));
  return bytes;
}

/**
 * Reads the head of a segment.
 *
 * @param bytes the segment's, from its start
 * @returns undefined if there is none, or one that is not whole
 * @throws {Error} if it is of a newer version
 */
export function decodeSegmentHead(bytes: Uint8Array): SegmentHead | undefined {
  if (bytes.length < HEAD_BYTES || MAGIC.compare(bytes, 0, MAGIC.length) !== 0) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, HEAD_BYTES);
  const layout = view.getUint32(16);
  if (layout > LAYOUT) throw new Error(`it has layout ${layout}, this version knows ${LAYOUT}`);
  if (view.getUint32(72) !== crc32(bytes.subarray(0, 72))) return undefined;
  return {
    journal: new TextDecoder().decode(bytes.subarray(32, 32 + ID_BYTES)),
    inParts: view.getUint32(20) === 1,
    first: view.getFloat64(24),
  };
}

/** The mark as it stands at {@linkcode MARK_AT}. */
export function encodeMark({ oldest, synced }: Mark): Uint8Array {
  const bytes = new Uint8Array(MARK_BYTES);
  const view = new DataView(bytes.buffer);
  view.setFloat64(4, oldest);
  view.setFloat64(12, synced);
  view.setUint32(0, crc32(bytes.subarray(4)));
  return bytes;
}

/** Reads the mark of a segment; 0 and 0 where it was never written, or not whole. */
export function decodeMark(bytes: Uint8Array): Mark {
  const mark = bytes.subarray(MARK_AT, MARK_AT + MARK_BYTES);
  if (mark.length < MARK_BYTES) return NO_MARK;
  const view = new DataView(mark.buffer, mark.byteOffset, MARK_BYTES);
  if (view.getUint32(0) !== crc32(mark.subarray(4))) return NO_MARK;
  return { oldest: view.getFloat64(4), synced: view.getFloat64(12) };
}

const NO_MARK: Mark = { oldest: 0, synced: 0 };
