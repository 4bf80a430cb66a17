/**
 * The files that segments are made of.
 *
 * A sync is quick where it changes bytes of a file and nothing else, not its size, nor where it is on
 * the disk. So a spare is there ahead, filled once; and a segment whose entries are all released becomes
 * the next spare.
 */
import { join } from "node:path";
import { DiskFullError, roomOnDisk } from "./disk.ts";
import { FILL_BYTES, RESERVE_BYTES } from "./limits.ts";
import { segmentPath } from "./segment.ts";

/** The files in one journal's directory. */
export class SegmentFiles {
  readonly #directory: string;
  readonly #segmentBytes: number;
  readonly #spare: string;
  #hasSpare: boolean;
  #isPreparing = false;
  /** What is done beside all else, one after the other. */
  #work = Promise.resolve();

  /**
   * @param directory of the journal
   * @param segmentBytes size of a spare
   */
  constructor(directory: string, segmentBytes: number) {
    this.#directory = directory;
    this.#segmentBytes = segmentBytes;
    this.#spare = join(directory, "spare");
    // One that was not finished has another size.
    this.#hasSpare = sizeOf(this.#spare) === segmentBytes;
  }

  /** Size of the spare. */
  get bytes(): number {
    return this.#hasSpare ? this.#segmentBytes : 0;
  }

  /**
   * Opens the file for a new segment: the spare, where there is one that is large enough, else one that
   * grows as it is written.
   *
   * @throws {DiskFullError} if there would be too little room on the disk then
   */
  open(bytes: number): Deno.FsFile {
    const truncate = !this.#hasSpare || bytes > this.#segmentBytes;
    if (truncate) {
      this.#requireRoom(bytes);
      this.#hasSpare = false;
    }
    return Deno.openSync(this.#spare, { write: true, create: true, truncate, mode: 0o600 });
  }

  /**
   * Gives the file that was opened its name, which it has after a power cut, too.
   *
   * @param first id of the segment's first entry
   * @returns its path
   */
  name(first: number): string {
    const path = segmentPath(this.#directory, first);
    Deno.renameSync(this.#spare, path);
    this.#hasSpare = false;
    syncDirectory(this.#directory);
    return path;
  }

  /** Has a spare made where there is none. */
  prepare(): void {
    if (this.#hasSpare || this.#isPreparing) return;
    this.#isPreparing = true;
    this.#inTurn(() => this.#makeSpare((path) => this.#fill(path)));
    this.#inTurn(() => this.#isPreparing = false);
  }

  /** Takes the file of a segment of which nothing is needed any more. */
  retire(path: string, bytes: number): void {
    this.#inTurn(() =>
      this.#hasSpare || bytes !== this.#segmentBytes
        ? Deno.remove(path)
        : this.#makeSpare((spare) => this.#moveTo(spare, path))
    );
  }

  /** Resolves once all of that is done. */
  idle(): Promise<void> {
    return this.#work;
  }

  #inTurn(work: () => unknown) {
    // Whoever needs a file finds out why there is none, and says so.
    this.#work = this.#work.then(work).then(() => {}, () => {});
  }

  /** Has a spare made under another name: meanwhile a segment may be begun without one. */
  async #makeSpare(make: (path: string) => Promise<void>) {
    if (this.#hasSpare) return;
    const unfinished = `${this.#spare}.new`;
    await make(unfinished);
    Deno.renameSync(unfinished, this.#spare);
    this.#hasSpare = true;
  }

  /** After a power cut, too, it has its old name no more: the next segment is written over what it held. */
  async #moveTo(path: string, retired: string) {
    await Deno.rename(retired, path);
    using directory = await Deno.open(this.#directory);
    await directory.sync();
  }

  async #fill(path: string) {
    this.#requireRoom(this.#segmentBytes);
    const options = { write: true, create: true, truncate: true, mode: 0o600 };
    using file = await Deno.open(path, options);
    const zeros = new Uint8Array(FILL_BYTES);
    for (let left = this.#segmentBytes; left > 0;) {
      left -= await file.write(zeros.subarray(0, Math.min(left, zeros.length)));
    }
    await file.sync();
  }

  #requireRoom(bytes: number) {
    if (roomOnDisk(this.#directory) - bytes >= RESERVE_BYTES) return;
    throw new DiskFullError(`of the disk ${RESERVE_BYTES} bytes would not be left free`);
  }
}

/** Puts on disk which files a directory has. */
export function syncDirectory(path: string): void {
  using directory = Deno.openSync(path);
  directory.syncSync();
}

/** Writes all of some bytes where a file stands, or at a place from its start. */
export function writeAll(file: Deno.FsFile, bytes: Uint8Array, at?: number): void {
  if (at !== undefined) file.seekSync(at, Deno.SeekMode.Start);
  for (let written = 0; written < bytes.length;) written += file.writeSync(bytes.subarray(written));
}

/** Size of a file; undefined if there is none. */
export function sizeOf(path: string): number | undefined {
  try {
    return Deno.statSync(path).size;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}
