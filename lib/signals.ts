/**
 * The signals that end a process.
 */
import { SAME_SIGNAL_MS } from "./limits.ts";

/**
 * Resolves at the first SIGINT (Ctrl-C) or SIGTERM; a second one ends the process. The listeners stay:
 * without them a signal would end the process in the midst of its stop.
 */
export function firstSignal(): Promise<void> {
  return new Promise((resolve) => {
    let firstAt: number | undefined;
    const heard = () => {
      firstAt ??= Date.now();
      if (Date.now() - firstAt > SAME_SIGNAL_MS) Deno.exit(130);
      resolve();
    };
    const signals: Deno.Signal[] = Deno.build.os === "windows"
      ? ["SIGINT", "SIGBREAK"]
      : ["SIGINT", "SIGTERM"];
    for (const signal of signals) Deno.addSignalListener(signal, heard);
  });
}
