/**
 * The disk of the journal: how much room it has, and what an error says about it.
 */
import { statfsSync } from "node:fs";

/** Too little room is left on the disk. */
export class DiskFullError extends Error {}

/** Whether the disk has no room left. */
export function isFull(error: unknown): boolean {
  return error instanceof DiskFullError ||
    ["ENOSPC", "EDQUOT"].includes((error as { code?: string }).code ?? "");
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
