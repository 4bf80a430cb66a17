/**
 * Stops the service when the `npx` that started it is gone.
 *
 * npm passes SIGTERM on to the shell between itself and `deno task` only; that shell ends, and all below
 * it would live on. `deno task start` runs this beside the service, with npm's variable `npm_command` as
 * its argument: `exec` if npx is above. Ends by itself with the service, or where there is no `ps`.
 */
import { delay } from "./delay.ts";
import { NPX_LOOK_MS } from "./limits.ts";

/** The task runner: its parent is npx's shell, its children are this process and the service. */
const runner = String(Deno.ppid);

if (Deno.args[0] === "exec" && Deno.build.os !== "windows") {
  // The task runner kills the service where one beside it dies of a signal; it has yet to drain.
  for (const signal of ["SIGINT", "SIGTERM"] as const) Deno.addSignalListener(signal, () => {});
  await watch().catch(() => {});
}

async function watch(): Promise<void> {
  const shell = parentOf(runner, await processes());
  for (;;) {
    await delay(NPX_LOOK_MS);
    const all = await processes();
    const service = all.filter(([pid, parent]) => parent === runner && pid !== String(Deno.pid));
    if (service.length === 0) return;
    if (parentOf(runner, all) === shell) continue;
    await new Deno.Command("kill", { args: ["-TERM", ...service.map(([pid]) => pid)] }).output();
    return;
  }
}

/** All processes: each its number and its parent's. */
async function processes(): Promise<[pid: string, parent: string][]> {
  const { stdout } = await new Deno.Command("ps", { args: ["-A", "-o", "pid=,ppid="] }).output();
  return new TextDecoder().decode(stdout).trim().split("\n").map((line) => {
    const [pid = "", parent = ""] = line.trim().split(/\s+/);
    return [pid, parent];
  });
}

function parentOf(pid: string, all: readonly [pid: string, parent: string][]): string | undefined {
  return all.find(([candidate]) => candidate === pid)?.[1];
}
