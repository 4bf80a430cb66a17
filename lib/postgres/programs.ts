/**
 * Runs PostgreSQL's programs on a data directory, as the user that owns it.
 *
 * Root keeps `DATA_DIR` where it likes, for instance below `/root`, which the server's user may not
 * enter. So on Linux the server starts inside its data directory and is told that this is
 * `/proc/self/cwd`: no directory above it is ever looked up, and no permission has to be loosened.
 * PostgreSQL itself uses paths relative to its data directory from there on.
 */
import type { Programs } from "./install.ts";
import type { ServerUser } from "./platform.ts";

/** A data directory, and how to run programs on it. */
export interface Cluster {
  readonly programs: Programs;
  /** Absolute path of the data directory. */
  readonly directory: string;
  /** Who owns it and runs the server; undefined: the user of this process. */
  readonly user: ServerUser | undefined;
}

/** How a program ended, and what it wrote to its standard error. */
export interface Outcome {
  readonly success: boolean;
  readonly lines: readonly string[];
}

/**
 * A delivery takes some MiB and gives them back. Without this, glibc's malloc returns them to the system
 * each time, and the page faults that follow take a fifth of the server's time: blocks up to 32 MiB, the
 * most it allows, come from its heap, which keeps 64 MiB (https://man7.org/linux/man-pages/man3/mallopt.3.html).
 */
const KEEPS_MEMORY = {
  MALLOC_MMAP_THRESHOLD_: "33554432",
  MALLOC_TRIM_THRESHOLD_: "67108864",
  MALLOC_TOP_PAD_: "4194304",
};

const WORKING_DIRECTORY = "/proc/self/cwd";

/**
 * Starts a program on the data directory, with its standard error piped.
 *
 * It gets a session of its own: the terminal's Ctrl-C is meant for this process alone, which stops
 * PostgreSQL when nothing needs it any more.
 *
 * @param stdin `piped` where the caller writes to the program
 */
export function spawnProgram(
  { programs, directory, user }: Cluster,
  program: keyof Programs,
  args: readonly string[],
  stdin: "null" | "piped" = "null",
): Deno.ChildProcess {
  const isInside = user !== undefined && Deno.build.os === "linux";
  const path = isInside ? WORKING_DIRECTORY : directory;
  const command = new Deno.Command(programs[program], {
    args: [...args],
    cwd: path,
    env: { PGDATA: path, LC_ALL: "C", ...KEEPS_MEMORY },
    clearEnv: Deno.build.os !== "windows", // which needs SystemRoot
    stdin,
    stdout: "null",
    stderr: "piped",
    detached: true,
    ...user,
  });
  return isInside ? inDirectory(directory, () => command.spawn()) : command.spawn();
}

/**
 * Runs a program on the data directory to its end.
 *
 * @param input what it reads from its standard input
 */
export async function runProgram(
  cluster: Cluster,
  program: keyof Programs,
  args: readonly string[],
  input?: string,
): Promise<Outcome> {
  const child = spawnProgram(cluster, program, args, input === undefined ? "null" : "piped");
  if (input !== undefined) {
    // A program that has already failed reads nothing; its exit code tells.
    await new Blob([input]).stream().pipeTo(child.stdin).catch(() => {});
  }
  const [lines, status] = await Promise.all([new Response(child.stderr).text(), child.status]);
  return { success: status.success, lines: lines.split("\n") };
}

/**
 * The working directory belongs to the whole process and is changed for the length of a spawn:
 * `Command` enters its `cwd` only after it has become the other user, when it is too late.
 */
function inDirectory<T>(directory: string, action: () => T): T {
  const before = Deno.cwd();
  Deno.chdir(directory);
  try {
    return action();
  } finally {
    Deno.chdir(before);
  }
}
