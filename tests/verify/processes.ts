/**
 * Other processes: who they are, and their sudden end.
 */

/** A process of this machine. */
export interface Process {
  readonly pid: number;
  readonly parent: number;
  /** Its program's name; without or with its path, as the system tells it. */
  readonly name: string;
}

/** All processes there are, without those that have ended and only wait for their parent's notice. */
export async function listProcesses(): Promise<Process[]> {
  // Linux says it without `ps`, which small images do not have.
  return Deno.build.os === "linux" ? await readProc() : await runPs();
}

/** A process and whatever it has started, as far as that has not been left behind. */
export function treeOf(root: number, processes: readonly Process[]): number[] {
  const children = processes.filter(({ parent }) => parent === root);
  return [root, ...children.flatMap(({ pid }) => treeOf(pid, processes))];
}

/** Ends processes as a crash would; those that are gone already do not matter. */
export function killAll(pids: readonly number[]): void {
  for (const pid of pids) {
    try {
      Deno.kill(pid, "SIGKILL");
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
  }
}

async function readProc(): Promise<Process[]> {
  const processes: Process[] = [];
  for await (const { name: pid } of Deno.readDir("/proc")) {
    if (!/^\d+$/.test(pid)) continue;
    try {
      const text = await Deno.readTextFile(`/proc/${pid}/stat`);
      const [, name, state, parent] = /^\d+ \((.*)\) (\S) (\d+)/s.exec(text)!;
      if (state !== "Z") processes.push({ pid: Number(pid), parent: Number(parent), name: name! });
    } catch {
      // It has ended meanwhile.
    }
  }
  return processes;
}

async function runPs(): Promise<Process[]> {
  const { stdout } = await new Deno.Command("ps", {
    args: ["-A", "-o", "pid=", "-o", "ppid=", "-o", "state=", "-o", "comm="],
    stderr: "inherit",
  }).output();
  const lines = new TextDecoder().decode(stdout).matchAll(
    /^\s*(\d+)\s+(\d+)\s+[^Z\s]\S*\s+(.*)$/gm,
  );
  return [...lines].map(([, pid, parent, name]) => ({
    pid: Number(pid),
    parent: Number(parent),
    name: name!,
  }));
}
