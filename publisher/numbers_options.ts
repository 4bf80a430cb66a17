/**
 * What `deno task stats` is asked for: flags over environment over defaults, checked once.
 */
import { parseArgs } from "node:util";
import { z } from "zod";
import { bearerToken, httpUrl, UsageError } from "./options.ts";

/** Text of `--help`. */
export const HELP = `Usage: deno task stats [options]

Prints the numbers of a running service: what came in and what became of it, what
is pending, consumers, and the topics that received most.

  --watch           again every second, in place on a terminal, until Ctrl-C
  --json            print the answer of /stats as it is, one line
  --url URL         the service, as "deno task publish" takes it
                    (AGGREGATOR_URL, http://localhost:8080/publish)
  -h, --help        this text

API_TOKEN, in the environment only, where no other user can list it, is sent as
"Authorization: Bearer"; it needs the scope read.

Exit status: 0 printed, 1 no answer or refused, 2 bad usage, 130 Ctrl-C (143 SIGTERM).
`;

const FLAGS = {
  watch: { type: "boolean" },
  json: { type: "boolean" },
  url: { type: "string" },
  help: { type: "boolean", short: "h" },
} as const;

const schema = z.object({
  watch: z.boolean().default(false),
  json: z.boolean().default(false),
  url: httpUrl.prefault("http://localhost:8080/publish"),
  token: bearerToken.optional(),
});

/** Which numbers to print, and how. */
export type NumbersOptions = z.infer<typeof schema>;

/** The environment as the program sees it; an empty value counts as unset. */
export interface NumbersEnvironment {
  readonly AGGREGATOR_URL?: string | undefined;
  readonly API_TOKEN?: string | undefined;
}

/**
 * Reads the command line and the environment.
 *
 * @param args command line without the program; one leading `--` is skipped
 * @throws {UsageError} if a flag is unknown or a value is not usable
 */
export function parseNumbersOptions(
  args: string[],
  environment: NumbersEnvironment,
): NumbersOptions | "help" {
  const flags = parseFlags(args[0] === "--" ? args.slice(1) : args);
  if (flags.help) return "help";
  const url = flags.url ?? (environment.AGGREGATOR_URL || undefined);
  const parsed = schema.safeParse({ ...flags, url, token: environment.API_TOKEN || undefined });
  if (parsed.success) return parsed.data;
  const { path, message } = parsed.error.issues[0]!;
  throw new UsageError(
    path[0] === "token" ? `API_TOKEN ${message}` : `--url ${message}, is ${JSON.stringify(url)}`,
  );
}

function parseFlags(args: string[]) {
  try {
    return parseArgs({ args, options: FLAGS, strict: true }).values;
  } catch (error) {
    // node:util explains over several lines at times; the first says what is wrong.
    throw new UsageError((error as Error).message.split("\n")[0]);
  }
}
