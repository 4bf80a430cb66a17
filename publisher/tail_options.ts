/**
 * What `deno task tail` is asked for: flags over environment over defaults, checked once.
 */
import { parseArgs } from "node:util";
import { z } from "zod";
import { bearerToken, httpUrl, integer, UsageError } from "./options.ts";

/** Text of `--help`. */
export const HELP = `Usage: deno task tail [options]

Prints events as they are stored, one a line, and goes on without gap or repeat
when the connection or the service was gone.

  --topic TOPIC     only this topic, or a pattern: app.log.* is one level, app.> all that follow
  --source SOURCE   only this source
  --q TEXT          only events whose payload holds this text
  --last N          begin with the latest N events, 0 to 1000 (10)
  --since POSITION  begin after this position instead, the seq of an event
  --rate N          events a second at most; says how many were left out (unset: all)
  --json            print each event as its JSON, as /events gives it
  --url URL         the service, as "deno task publish" takes it
                    (AGGREGATOR_URL, http://localhost:8080/publish)
  -h, --help        this text

API_TOKEN, in the environment only, where no other user can list it, is sent as
"Authorization: Bearer"; it needs the scope read.

Exit status: 0 nobody reads its output any more, 1 refused, 2 bad usage, 130 Ctrl-C (143 SIGTERM).
`;

const FLAGS = {
  topic: { type: "string" },
  source: { type: "string" },
  q: { type: "string" },
  last: { type: "string" },
  since: { type: "string" },
  rate: { type: "string" },
  json: { type: "boolean" },
  url: { type: "string" },
  help: { type: "boolean", short: "h" },
} as const;

const schema = z.object({
  topic: z.string().optional(),
  source: z.string().optional(),
  q: z.string().optional(),
  last: integer(0, 1000).prefault("10"),
  since: integer(0, Number.MAX_SAFE_INTEGER).optional(),
  rate: integer(1, 10_000).optional(),
  json: z.boolean().default(false),
  url: httpUrl.prefault("http://localhost:8080/publish"),
  token: bearerToken.optional(),
});

/** What to follow, and how to print it. */
export type TailOptions = z.infer<typeof schema>;

/** The environment as the tail sees it. */
export interface TailEnvironment {
  readonly AGGREGATOR_URL?: string | undefined;
  readonly API_TOKEN?: string | undefined;
}

/**
 * Reads the command line and the environment.
 *
 * @param args command line without the program; one leading `--` is skipped
 * @throws {UsageError} if a flag is unknown or a value is out of bounds
 */
export function parseTailOptions(
  args: string[],
  environment: TailEnvironment,
): TailOptions | "help" {
  const flags = parseFlags(args[0] === "--" ? args.slice(1) : args);
  if (flags.help) return "help";
  if (flags.last !== undefined && flags.since !== undefined) {
    throw new UsageError("--last and --since exclude each other");
  }
  const given: Record<string, unknown> = {
    ...flags,
    url: flags.url ?? (environment.AGGREGATOR_URL || undefined),
    token: environment.API_TOKEN || undefined,
  };
  const parsed = schema.safeParse(given);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  const flag = String(issue?.path[0]);
  if (flag === "token") throw new UsageError(`API_TOKEN ${issue?.message}`);
  throw new UsageError(`--${flag} ${issue?.message}, is ${JSON.stringify(given[flag])}`);
}

function parseFlags(args: string[]) {
  try {
    return parseArgs({ args, options: FLAGS, strict: true }).values;
  } catch (error) {
    // node:util explains over several lines at times; the first says what is wrong.
    throw new UsageError((error as Error).message.split("\n")[0]);
  }
}
