/**
 * What the service says in its log, where a test runs a part of it in its own thread.
 */
import { configureSync, resetSync } from "@logtape/logtape";

/** What is logged while something is done: `level: message`. */
export async function logOf(work: () => Promise<unknown>): Promise<string[]> {
  const lines: string[] = [];
  configureSync({
    reset: true,
    sinks: { lines: ({ level, message }) => lines.push(`${level}: ${message.join("")}`) },
    loggers: [{ category: "sekali", sinks: ["lines"] }, {
      category: ["logtape", "meta"],
      sinks: [],
    }],
  });
  try {
    await work();
  } finally {
    resetSync();
  }
  return lines;
}
