/**
 * The data directory: made if missing, used by one process at a time.
 *
 * The lock is the operating system's: it goes with the process, however that ends, so none is ever
 * stale.
 */
import { join } from "node:path";
import { reason, StartupError } from "./errors.ts";

/** Held for as long as the process uses the directory. */
export interface DataDirLock {
  release(): void;
}

/**
 * Makes the directory and locks it.
 *
 * @param path absolute path
 * @throws {StartupError} if it cannot be written, or another process uses it
 */
export async function lockDataDir(path: string): Promise<DataDirLock> {
  const file = await openLockFile(path);
  if (!await file.tryLock(true)) {
    file.close();
    throw new StartupError(`Cannot start: ${path} is in use by another process`);
  }
  return { release: () => file.close() };
}

async function openLockFile(path: string): Promise<Deno.FsFile> {
  try {
    await Deno.mkdir(path, { recursive: true });
    return await Deno.open(join(path, "lock"), { create: true, write: true });
  } catch (error) {
    throw new StartupError(`Cannot start: DATA_DIR ${path} is not usable: ${reason(error)}`);
  }
}
