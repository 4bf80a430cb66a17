/**
 * How what was written gets to the disk.
 *
 * Where little was written and the disk is quick, a sync is waited for in place: the way to another
 * thread and back takes as long, and wakes two threads that both have to be given a core. All else is
 * synced by a thread of the runtime's, while this one goes on.
 */
import { SLOW_DISK_MS, SYNC_IN_PLACE_BYTES, SYNC_IN_PLACE_MS } from "./limits.ts";

/** What syncs a journal's files; it knows how quick the disk is. */
export class Syncer {
  /** Until when the disk is taken to be slow, by the clock of `performance`. */
  #slowUntil = -Infinity;
  /** Whether the last sync that was waited for in place took long: one may, two in a row tell of the disk. */
  #wasLong = false;

  /**
   * Puts on disk what is in a file.
   *
   * @param bytes about how much was written since the last time
   * @returns when it is there; undefined where it is already
   * @throws {Error} if the disk fails; what is on it is not known then, also if a later sync succeeds
   */
  sync(file: Deno.FsFile, bytes: number): Promise<void> | undefined {
    const start = performance.now();
    if (bytes > SYNC_IN_PLACE_BYTES || start < this.#slowUntil) return file.syncData();
    file.syncDataSync();
    const end = performance.now();
    const isLong = end - start > SYNC_IN_PLACE_MS;
    if (isLong && this.#wasLong) this.#slowUntil = end + SLOW_DISK_MS;
    this.#wasLong = isLong;
  }
}
