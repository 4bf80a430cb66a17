/**
 * The log: one line a record on standard error, text for people or JSON for machines.
 *
 * Standard output is left to what a person asked for. Nothing that holds a password, a token or a
 * URL with credentials is ever passed in here.
 */
import {
  configureSync,
  getAnsiColorFormatter,
  getJsonLinesFormatter,
  getLogger,
  getTextFormatter,
  type LogRecord,
  type TextFormatter,
} from "@logtape/logtape";
import type { Config } from "./config.ts";

/** The service's logger, or that of one of its parts, such as `["queue"]`. */
export function logger(...part: string[]) {
  return getLogger(["sekali", ...part]);
}

/** Sets level and format, for this thread. Call it again to change them. */
export function configureLogger({ logLevel, logFormat }: Pick<Config, "logLevel" | "logFormat">) {
  const format = formatter(logFormat);
  const encoder = new TextEncoder();
  configureSync({
    reset: true,
    sinks: {
      stderr: (record: LogRecord) => {
        Deno.stderr.writeSync(encoder.encode(format(record)));
      },
    },
    loggers: [
      { category: "sekali", sinks: ["stderr"], lowestLevel: logLevel },
      { category: ["logtape", "meta"], sinks: ["stderr"], lowestLevel: "warning" },
    ],
  });
}

function formatter(logFormat: Config["logFormat"]): TextFormatter {
  if (logFormat === "json") return getJsonLinesFormatter({ properties: "flatten" });
  return Deno.stderr.isTerminal() && !Deno.noColor
    ? getAnsiColorFormatter({ timestamp: "time", categoryColor: null })
    : getTextFormatter({ timestamp: "time" });
}
