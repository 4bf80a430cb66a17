/**
 * Signals that end a program of the publisher.
 */

/** Ends the process at Ctrl-C, or when it is asked to end, with the usual status of a signal. */
export function stopOnSignal(last: () => void): void {
  for (const [signal, status] of [["SIGINT", 130], ["SIGTERM", 143]] as const) {
    Deno.addSignalListener(signal, () => {
      last();
      Deno.exit(status);
    });
  }
}
