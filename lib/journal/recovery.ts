/**
 * What a start finds in the journal's directory, and what it does about it: what is damaged is set aside,
 * what a crash cut short is cut off.
 */
import { basename, join } from "node:path";
import { pushEntries } from "../entries.ts";
import type { Entries } from "../protocol.ts";
import { type DamagedBytes, readContents } from "./contents.ts";
import { encodeHead, RECORD_HEAD_BYTES } from "./record.ts";
import { writeAll } from "./files.ts";
import { Released } from "./released.ts";
import {
  decodeMark,
  decodeSegmentHead,
  listSegments,
  type Mark,
  SEGMENT_HEAD_BYTES,
  type SegmentHead,
  segmentPath,
} from "./segment.ts";

/** A segment as its writer knows it. */
export interface Segment {
  /** Id of its first entry. */
  readonly first: number;
  readonly path: string;
  /** How large it may become. */
  readonly bytes: number;
  /** How many of its entries are not released. */
  live: number;
}

/** An entry that is not what was written. */
export interface DamagedEntry {
  readonly id: number;
  /** How many events it held, and when it was accepted, milliseconds since 1970, where that is known. */
  readonly events: number | undefined;
  readonly acceptedAt: number | undefined;
  /** Where what is left of it is now. */
  readonly path: string;
}

/** A journal that can be written to again. */
export interface Recovered {
  /** Its identity; undefined if there is none yet. */
  readonly journal: string | undefined;
  readonly inParts: boolean;
  /** Oldest first. */
  readonly segments: Segment[];
  /** Where the next record goes in the newest segment. */
  readonly at: number;
  /** Id of the next entry. */
  readonly next: number;
  readonly released: Released;
  /** All entries that are not released, oldest first, neighbours joined to what makes one delivery. */
  readonly leftover: readonly Entries[];
  readonly damaged: readonly DamagedEntry[];
}

/** What a file holds before its records. */
export interface Opening {
  readonly first: number;
  readonly head: SegmentHead;
  readonly mark: Mark;
}

/**
 * Reads the journal in a directory.
 *
 * @param segmentBytes how large a segment may become
 * @throws {Error} if something in it can neither be used nor set aside
 */
export function recover(directory: string, segmentBytes: number): Recovered {
  const openings = readOpenings(directory);
  const newest = openings.at(-1)?.head;
  const oldest = Math.max(openings[0]?.first ?? 1, ...openings.map(({ mark }) => mark.oldest));
  const released = new Released(oldest);
  const segments: Segment[] = [];
  const leftover: Entries[] = [];
  const damaged: DamagedEntry[] = [];
  let at = Infinity, next = oldest;
  const skipTo = (id: number) => {
    if (id > next) released.add({ first: next, last: id - 1 });
    next = Math.max(next, id);
  };
  for (const [place, { first, mark }] of openings.entries()) {
    const path = segmentPath(directory, first);
    const before = openings[place + 1]?.first ?? Infinity;
    if (before <= oldest) {
      segments.push({ first, path, bytes: segmentBytes, live: 0 });
      continue;
    }
    const bytes = Deno.readFileSync(path);
    const contents = readContents(bytes, { first, before, synced: mark.synced });
    if (before === Infinity && contents.torn) Deno.truncateSync(path, contents.end);
    for (const found of contents.damaged) {
      // What is released is missed by nobody.
      if (found.head !== undefined && found.first < oldest) continue;
      damaged.push(setAside(directory, path, bytes, found));
    }
    let live = 0;
    for (const { head: { id, events, bytes, acceptedAt } } of contents.records) {
      if (id < oldest || events === 0) continue;
      skipTo(id);
      pushEntries(leftover, { first: id, last: id, events, bytes, acceptedAt });
      next = id + 1;
      live++;
    }
    skipTo(contents.next);
    segments.push({ first, path, bytes: Math.max(bytes.length, segmentBytes), live });
    at = contents.end;
  }
  return {
    journal: newest?.journal,
    inParts: newest?.inParts ?? false,
    segments,
    at,
    next,
    released,
    leftover,
    damaged,
  };
}

/**
 * Reads what the segments say of themselves, oldest first.
 *
 * @throws {Error} if one has no head, or that of another journal, or of a newer version
 */
export function readOpenings(directory: string): Opening[] {
  const openings = listSegments(directory).map((first) => readOpening(directory, first));
  const stranger = openings.find(({ head }) => head.journal !== openings[0]!.head.journal);
  if (stranger === undefined) return openings;
  throw broken(segmentPath(directory, stranger.first), "is of another journal");
}

function readOpening(directory: string, first: number): Opening {
  const path = segmentPath(directory, first);
  using file = Deno.openSync(path);
  const bytes = new Uint8Array(SEGMENT_HEAD_BYTES);
  file.readSync(bytes);
  const head = decodeSegmentHead(bytes);
  if (head?.first !== first) throw broken(path, "has lost its head");
  return { first, head, mark: decodeMark(bytes) };
}

function broken(path: string, what: string): Error {
  return new Error(
    `${basename(path)} ${what}. Moved elsewhere the directory makes way for a new journal; ` +
      "what it holds is then not delivered",
  );
}

/**
 * Copies what is left of an entry, and then puts a record into its place that holds no events.
 *
 * @param bytes those of the segment
 */
function setAside(
  directory: string,
  path: string,
  bytes: Uint8Array,
  { at, bytes: size, first, head }: DamagedBytes,
): DamagedEntry {
  const copies = join(directory, "damaged");
  Deno.mkdirSync(copies, { recursive: true, mode: 0o700 });
  const copy = join(copies, String(first));
  using file = Deno.openSync(copy, { create: true, truncate: true, write: true, mode: 0o600 });
  writeAll(file, bytes.subarray(head === undefined ? at : at + RECORD_HEAD_BYTES, at + size));
  file.syncSync();
  if (size >= RECORD_HEAD_BYTES) {
    const empty = new Uint8Array(RECORD_HEAD_BYTES);
    const acceptedAt = head?.acceptedAt ?? 0;
    const held = { events: 0, bytes: size - RECORD_HEAD_BYTES, checksum: 0 };
    encodeHead({ id: first, commit: first, acceptedAt, ...held }, empty, 0);
    using segment = Deno.openSync(path, { write: true });
    writeAll(segment, empty, at);
    segment.syncSync();
  }
  return { id: first, events: head?.events, acceptedAt: head?.acceptedAt, path: copy };
}
