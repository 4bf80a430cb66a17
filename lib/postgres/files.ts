/**
 * Small operations on files that the parts of the embedded PostgreSQL share.
 */
import { dirname } from "node:path";

/** Whether there is anything at the path, be it a broken symbolic link. */
export async function exists(path: string): Promise<boolean> {
  try {
    await Deno.lstat(path);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

/** The text of a file; undefined if there is none. */
export async function readIfExists(path: string): Promise<string | undefined> {
  try {
    return await Deno.readTextFile(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

/** Writes a file that only this process's user can read: complete and on disk, or not at all. */
export async function writePrivately(path: string, text: string): Promise<void> {
  const unfinished = `${path}.unfinished`;
  await Deno.remove(unfinished).catch(() => {});
  {
    using file = await Deno.open(unfinished, { createNew: true, write: true, mode: 0o600 });
    await file.write(new TextEncoder().encode(text));
    await file.sync();
  }
  await Deno.rename(unfinished, path);
  await flushDirectory(dirname(path));
}

/** Puts renames within a directory on disk. Windows has no such operation. */
export async function flushDirectory(path: string): Promise<void> {
  if (Deno.build.os === "windows") return;
  using directory = await Deno.open(path);
  await directory.sync();
}
