/**
 * The disk of the journal: how much room it has, and what an error says about it.
 */
import { statfsSync } from "node:fs";

/** Too little room is left on the disk. */
export class DiskFullError extends Error {}

/** Whether the disk has no room left: https://www.sqlite.org/rescode.html#full */
export function isFull(error: unknown): boolean {
  return error instanceof DiskFullError || (error as { errcode?: number }).errcode === 13;
}

/** Bytes that are free on the disk of a file; infinite where that is not to be found out. */
export function roomOnDisk(path: string): number {
  try {
    const { bavail, bsize, blocks } = statfsSync(path);
    return blocks > 0 ? bavail * bsize : Infinity;
  } catch {
    return Infinity;
  }
}

/** Whether a file is no database, or a broken one: https://www.sqlite.org/rescode.html#corrupt */
export function isCorrupt(error: unknown): boolean {
  const { errcode } = error as { errcode?: number };
  // The low byte is the kind, what is above tells more of it.
  return errcode !== undefined && [11, 26].includes(errcode & 0xff);
}
