/**
 * What a segment holds, whatever has become of it: whole records, damaged ones, and at the end perhaps
 * some of a commit that a crash cut short.
 *
 * A commit is written once the one before it is on disk. So what is broken was on disk, and is damaged,
 * if a later commit stands behind it or the mark says so; else nobody was told that it is stored.
 */
import { decodeHead, findHeads, isIntact, RECORD_HEAD_BYTES, type RecordHead } from "./record.ts";
import { SEGMENT_HEAD_BYTES } from "./segment.ts";

/** A record and where it begins. */
export interface PlacedRecord {
  readonly at: number;
  readonly head: RecordHead;
}

/** Bytes that are no longer what was written. */
export interface DamagedBytes {
  readonly at: number;
  readonly bytes: number;
  /** Id of the first entry among them. */
  readonly first: number;
  /** The head, where that is whole and only the JSON is not. */
  readonly head: RecordHead | undefined;
}

export interface SegmentContents {
  /** Oldest first. */
  readonly records: readonly PlacedRecord[];
  readonly damaged: readonly DamagedBytes[];
  /** Where the next record goes. */
  readonly end: number;
  /** An id above all that the segment ever held. */
  readonly next: number;
  /** Whether behind the end stands something of a commit that was cut short. */
  readonly torn: boolean;
}

/** Which ids to expect in a segment. */
export interface ExpectedIds {
  /** The first of them. */
  readonly first: number;
  /** All are below this: what is not was written when the file was part of another segment, or in vain. */
  readonly before: number;
  /** All below this were on disk once. */
  readonly synced: number;
}

/** Reads a segment from its start to its end. */
export function readContents(
  bytes: Uint8Array,
  { first, before, synced }: ExpectedIds,
): SegmentContents {
  const records: PlacedRecord[] = [];
  const damaged: DamagedBytes[] = [];
  let at = SEGMENT_HEAD_BYTES, next = first;
  for (;;) {
    const found = decodeHead(bytes, at);
    const head = found !== undefined && found.id >= next && found.id < before ? found : undefined;
    if (head !== undefined && (head.events === 0 || isIntact(bytes, at, head))) {
      records.push({ at, head });
      at += RECORD_HEAD_BYTES + head.bytes;
      next = head.id + 1;
      continue;
    }
    const broken = head?.id ?? next;
    const later = Array.from(findHeads(bytes, at + 1))
      .filter(({ head: { id } }) => broken < id && id < before);
    const wasOnDisk = broken < synced || later.some(({ head: { commit } }) => commit > broken);
    if (!wasOnDisk) {
      const torn = head !== undefined || later.length > 0;
      return { records, damaged, end: at, next: Math.max(next, Math.min(synced, before)), torn };
    }
    const to = head === undefined ? later[0]?.at : at + RECORD_HEAD_BYTES + head.bytes;
    const end = to ?? Math.max(bytes.length, at + RECORD_HEAD_BYTES);
    damaged.push({ at, bytes: end - at, first: broken, head });
    at = end;
    // Where no head is found any more, none of those to come is there.
    next = to === undefined ? Math.max(broken + 1, synced) : broken + 1;
  }
}
