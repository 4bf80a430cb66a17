/**
 * The tasks that run the service, without a shell: its tests start it as `deno task` does.
 */
import project from "../../deno.json" with { type: "json" };

/** How a task runs Deno. */
export interface Task {
  /** What it sets for the process beside its configuration. */
  readonly env: Readonly<Record<string, string>>;
  /** After `run`: its flags and the module. */
  readonly args: readonly string[];
}

/** Reads the command of a task of `deno.json`. */
export function readTask(name: "serve" | "consume"): Task {
  const { command } = project.tasks[name];
  const [before = "", after = ""] = ` ${command.replaceAll('"', "")}`.split(" deno run ");
  const set = [...before.matchAll(/(?<= )(MALLOC_\w+)=(\d+)/g)];
  return {
    env: Object.fromEntries(set.map(([, name, value]) => [name!, value!])),
    args: after.split(" "),
  };
}
