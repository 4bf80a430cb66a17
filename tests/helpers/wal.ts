/**
 * SQLite's log, as far as tests have to find the commits in it: https://www.sqlite.org/fileformat2.html#walformat
 */

const HEADER_BYTES = 32;
const FRAME_HEADER_BYTES = 24;

/** The commits that a log holds. */
export interface LoggedCommits {
  /** Another one with each time that the log is written from its start. */
  readonly salt: string;
  /** Where each commit ends, in bytes from the start. */
  readonly ends: readonly number[];
}

/** Finds the commits of a log, which may have old frames behind them. */
export function readLog(log: Uint8Array): LoggedCommits {
  if (log.length < HEADER_BYTES) return { salt: "", ends: [] };
  const view = new DataView(log.buffer, log.byteOffset, log.byteLength);
  const frameBytes = FRAME_HEADER_BYTES + view.getUint32(8);
  const salt = `${view.getUint32(16)} ${view.getUint32(20)}`;
  const checksum = new Checksum(view);
  checksum.add(0, 24);
  const ends: number[] = [];
  for (let at = HEADER_BYTES; at + frameBytes <= log.length; at += frameBytes) {
    checksum.add(at, 8);
    checksum.add(at + FRAME_HEADER_BYTES, frameBytes - FRAME_HEADER_BYTES);
    if (!checksum.is(at + 16)) break;
    // The last frame of a commit holds the size of the database, the others 0.
    if (view.getUint32(at + 4) > 0) ends.push(at + frameBytes);
  }
  return { salt, ends };
}

/** The sum that goes on from frame to frame. */
class Checksum {
  readonly #view: DataView;
  readonly #littleEndian: boolean;
  #sums = new Uint32Array(2);

  constructor(view: DataView) {
    this.#view = view;
    this.#littleEndian = view.getUint32(0) === 0x377f0682;
  }

  add(start: number, bytes: number) {
    let [one, two] = this.#sums as unknown as [number, number];
    for (let at = start; at < start + bytes; at += 8) {
      one = (one + this.#view.getUint32(at, this.#littleEndian) + two) | 0;
      two = (two + this.#view.getUint32(at + 4, this.#littleEndian) + one) | 0;
    }
    this.#sums.set([one, two]);
  }

  /** Whether it is what stands at a place. */
  is(at: number): boolean {
    return this.#view.getUint32(at) === this.#sums[0] &&
      this.#view.getUint32(at + 4) === this.#sums[1];
  }
}

/**
 * Where the one commit is that a log holds and an earlier copy of it does not.
 *
 * @returns undefined if there is none
 */
export function newCommit(
  before: Uint8Array,
  after: Uint8Array,
): { start: number; end: number } | undefined {
  const [old, now] = [readLog(before), readLog(after)];
  if (old.salt === now.salt && old.ends.length === now.ends.length) return undefined;
  return { start: now.ends.at(-2) ?? HEADER_BYTES, end: now.ends.at(-1)! };
}
