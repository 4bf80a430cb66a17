/**
 * The tail: prints events as they are stored. Events go to standard output, all else to standard error.
 */
import { follow } from "./follow.ts";
import { UsageError } from "./options.ts";
import { write } from "./output.ts";
import { RequestError } from "./request.ts";
import { stopOnSignal } from "./signals.ts";
import { escaped, lineOf } from "./tail_line.ts";
import { HELP, parseTailOptions } from "./tail_options.ts";

/** Runs the tail; returns its exit status. */
async function main(): Promise<number> {
  try {
    const options = parseTailOptions(Deno.args, {
      AGGREGATOR_URL: Deno.env.get("AGGREGATOR_URL"),
      API_TOKEN: Deno.env.get("API_TOKEN"),
    });
    if (options === "help") {
      await write(HELP);
      return 0;
    }
    stopOnSignal(() => {});
    const colored = Deno.stdout.isTerminal() && !Deno.noColor;
    return await follow(options, {
      event: (json) => write(`${options.json ? escaped(json) : lineOf(json, colored)}\n`),
      note: (text) => console.error(`tail: ${escaped(text)}`),
    });
  } catch (error) {
    // Who read along has enough, as `head` has after some lines.
    if (error instanceof Deno.errors.BrokenPipe) return 0;
    if (!(error instanceof UsageError || error instanceof RequestError)) throw error;
    console.error(`tail: ${error.message}`);
    return error instanceof UsageError ? 2 : 1;
  }
}

if (import.meta.main) Deno.exit(await main());
