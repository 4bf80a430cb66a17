/**
 * Tests that have a small disk of their own, or one that cannot be written to.
 *
 * Each runs once more in a process of its own that sees a file system which nobody else sees: it is
 * gone with that process, however that ends. Only root may mount; an ordinary user is root in a
 * namespace of users, and back to being ordinary before the test begins.
 */
import assert from "node:assert/strict";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** What a test runs in, if it has its disk already. */
const disk = Deno.env.get("TEST_DISK");

/** How this user comes to mount something, and then to run the rest of the command line. */
const asMounter: readonly string[] | undefined = [
  ["--mount", "--propagation", "private"],
  ["--user", "--map-root-user", "--mount", "--propagation", "private"],
].find((options) => succeeds("unshare", ...options, "mount", "-t", "tmpfs", "tmpfs", "/tmp"));

/**
 * Defines a test with a disk of so many MiB; it is ignored where this user cannot have one.
 *
 * @param module `import.meta.url`
 * @param body `directory` is all of the disk, and empty
 */
export function testOnDisk(
  module: string,
  name: string,
  size: number,
  body: (directory: string) => Promise<void>,
): void {
  if (disk !== undefined) {
    Deno.test(name, () => body(disk));
  } else if (asMounter === undefined) {
    Deno.test(`${name} [needs a user who can mount a file system]`, { ignore: true }, () => {});
  } else {
    Deno.test(name, () => runAgain(asMounter, module, name, size));
  }
}

async function runAgain(asMounter: readonly string[], module: string, name: string, size: number) {
  const directory = await Deno.makeTempDir({ prefix: "sekali-test-" });
  const asBefore = asMounter.includes("--user")
    ? ["unshare", "--user", `--map-user=${Deno.uid()}`, `--map-group=${Deno.gid()}`]
    : [];
  const test = [Deno.execPath(), "test", "--no-prompt", "--no-check", "--allow-all"];
  const mount = 'mount -t tmpfs -o "size=$1m,mode=700" tmpfs "$2" && shift 2 && exec "$@"';
  try {
    const { success, stdout, stderr } = await new Deno.Command("unshare", {
      args: [
        ...asMounter,
        ...["sh", "-c", mount, "sh", String(size), directory],
        ...asBefore,
        ...test,
        ...["--filter", name, fileURLToPath(module)],
      ],
      env: { TEST_DISK: directory, NO_COLOR: "1" },
    }).output();
    const text = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes)).join("");
    assert.ok(success && text.includes("1 passed"), text);
  } finally {
    await Deno.remove(directory);
  }
}

/** Lets nobody write to a file or directory, root included; on a disk of the test's own only. */
export async function makeReadOnly(path: string): Promise<void> {
  if (Deno.uid() !== 0) return await Deno.chmod(path, 0o500);
  assert.ok(disk !== undefined);
  assert.ok(succeeds("mount", "--bind", path, path));
  assert.ok(succeeds("mount", "-o", "remount,bind,ro", path));
}

/**
 * Takes all the room on a disk but so many bytes.
 *
 * @returns the file that has to go for there to be room again
 */
export async function takeRoom(directory: string, leaving: number): Promise<string> {
  const path = join(directory, "filler");
  const filler = await Deno.open(path, { create: true, write: true });
  try {
    for (;;) await filler.write(new Uint8Array(64 * 1024));
  } catch {
    // It is full.
  }
  await filler.truncate((await filler.stat()).size - leaving);
  filler.close();
  return path;
}

function succeeds(command: string, ...args: string[]): boolean {
  try {
    const output = { stdout: "null", stderr: "null" } as const;
    return new Deno.Command(command, { args, ...output }).outputSync().success;
  } catch {
    // There is no such program.
    return false;
  }
}

/** Has all writes of this process in place fail from the `after`th on, until it is disposed of. */
export function failWrites(message: string, after = 0): Disposable {
  const prototype = Deno.FsFile.prototype;
  const { writeSync } = prototype;
  let written = 0;
  prototype.writeSync = function (bytes) {
    if (written++ >= after) throw new Error(message);
    return writeSync.call(this, bytes);
  };
  return { [Symbol.dispose]: () => Object.assign(prototype, { writeSync }) };
}
