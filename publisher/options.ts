/**
 * What a run of the publisher is asked to do: flags over environment over defaults, checked once.
 *
 * Guarantees: a value that leaves here is within its bounds, and a wrong one becomes a
 * {@linkcode UsageError} of one line that names where it came from. The token's value never appears in
 * a message.
 */
import { parseArgs } from "node:util";
import { z } from "zod";
import { newSeed } from "./generate.ts";

/** The only environment variables the publisher reads. */
export const ENVIRONMENT = [
  "NUM_EVENTS",
  "DUPLICATE_RATE",
  "AGGREGATOR_URL",
  "API_TOKEN",
] as const;

/** The environment as the publisher sees it; an empty value counts as unset. */
export type Environment = Partial<Record<typeof ENVIRONMENT[number], string | undefined>>;

/** The most key bits that `--no-same-topic-duplicates` may track: 256 MiB of memory. */
const MAX_TRACKED_KEYS = 2 ** 31;

/** A flag or an environment variable that cannot be used; its message is one line. */
export class UsageError extends Error {}

/** Text of `--help`. */
export const HELP = `Usage: deno task publish [options]

Publishes log events to Sekali, repeats some of them on purpose, waits until all are
committed, and compares the server's counters with what it sent.

  --events N            deliveries in all, repeats included (NUM_EVENTS, 20000)
  --duplicate-rate R    share of deliveries that repeat an earlier event, 0 to 1: exactly
                        round(N x R) of them, at most N - 1 (DUPLICATE_RATE, 0.30)
  --url URL             where to publish (AGGREGATOR_URL, http://localhost:8080/publish);
                        counters are read from "stats" beside it
  --batch N             events a request; 1 sends a single object, not an array (100)
  --concurrency N       requests under way at once (8)
  --rate N              events a second, open loop: latency then counts from the moment a
                        request was due (unset: as fast as possible)
  --topics N            topics app.log.level-1 to app.log.level-N (3)
  --seed TEXT           the same seed sends the same keys again (a new one each run, printed)
  --same-topic-duplicates
                        a repeat keeps the topic of its event, so it repeats the key and
                        every one is a duplicate (on by default);
                        --no-same-topic-duplicates draws the topic anew: a repeat is then
                        a duplicate only if that key (event_id + topic) was sent before, and
                        fewer than R are; the publisher counts them exactly either way
  --timeout S           seconds to wait for one answer (30)
  --retry-for S         seconds to retry one request that meets a network error, a timeout,
                        429, 502, 503, 504 or 507, with exponential backoff, full jitter and
                        Retry-After honoured (120)
  --no-check            only send: read no counters, compare nothing
  -h, --help            this text

API_TOKEN, in the environment only, where no other user can list it, is sent as
"Authorization: Bearer"; it needs the scopes publish and, unless --no-check, read.

Exit status: 0 all sent and the counters agree, 1 not so, 2 bad usage, 130 Ctrl-C (143 SIGTERM).
`;

const FLAGS = {
  events: { type: "string" },
  "duplicate-rate": { type: "string" },
  url: { type: "string" },
  batch: { type: "string" },
  concurrency: { type: "string" },
  rate: { type: "string" },
  topics: { type: "string" },
  seed: { type: "string" },
  "same-topic-duplicates": { type: "boolean" },
  timeout: { type: "string" },
  "retry-for": { type: "string" },
  check: { type: "boolean" },
  help: { type: "boolean", short: "h" },
} as const;

/** Flags that an environment variable stands in for; a token is no flag, since all can list those. */
const STAND_INS: Record<string, keyof Environment> = {
  events: "NUM_EVENTS",
  "duplicate-rate": "DUPLICATE_RATE",
  url: "AGGREGATOR_URL",
  token: "API_TOKEN",
};

/** A flag's whole number. */
export const integer = (min: number, max: number) => {
  const error = `must be an integer from ${min} to ${max}`;
  return z.string().regex(/^\d+$/, error).transform(Number).pipe(
    z.number().min(min, error).max(max, error),
  );
};

const decimal = (min: number, max: number) => {
  const error = `must be a number from ${min} to ${max}`;
  return z.string().regex(/^(\d+\.?\d*|\.\d+)$/, error).transform(Number).pipe(
    z.number().min(min, error).max(max, error),
  );
};

const seconds = (min: number, max: number) => decimal(min, max).transform((s) => s * 1000);

/** A flag's address. */
export const httpUrl = z.string().transform((text, context) => {
  const url = URL.parse(text);
  if (url && /^https?:$/.test(url.protocol) && !url.username && !url.password) return url;
  context.addIssue("must be an http or https URL without credentials");
  return z.NEVER;
});

/** The token. */
export const bearerToken = z.string().regex(
  /^[\x21-\x7e]+$/,
  "must be printable ASCII without spaces",
);

const schema = z.object({
  events: integer(1, 1_000_000_000).prefault("20000"),
  "duplicate-rate": decimal(0, 1).prefault("0.30"),
  url: httpUrl.prefault("http://localhost:8080/publish"),
  token: bearerToken.optional(),
  batch: integer(1, 100_000).prefault("100"),
  concurrency: integer(1, 1024).prefault("8"),
  rate: decimal(0.001, 10_000_000).optional(),
  topics: integer(1, 100_000).prefault("3"),
  seed: z.string().regex(/^[\w.-]{1,64}$/, "must be 1 to 64 letters, digits, '.', '_' or '-'")
    .optional(),
  "same-topic-duplicates": z.boolean().default(true),
  timeout: seconds(0.001, 3600).prefault("30"),
  "retry-for": seconds(0, 86_400).prefault("120"),
  check: z.boolean().default(true),
});

/** A run, completely decided. Rates are per second; times are in milliseconds. */
export interface Options {
  events: number;
  duplicateRate: number;
  url: URL;
  token: string | undefined;
  batch: number;
  concurrency: number;
  eventsPerSecond: number | undefined;
  topics: number;
  seed: string;
  /** Whether the seed was made for this run, so that the server cannot know its keys. */
  freshSeed: boolean;
  sameTopicDuplicates: boolean;
  timeoutMs: number;
  retryForMs: number;
  check: boolean;
}

/**
 * Reads the command line and the environment.
 *
 * @param args command line without the program; one leading `--` is skipped, as other task runners want it
 * @param environment values of {@linkcode ENVIRONMENT}
 * @returns the options, or `"help"` if asked for
 * @throws {UsageError} if a flag is unknown or a value is out of bounds
 */
export function parseOptions(args: string[], environment: Environment): Options | "help" {
  const flags = parseFlags(args[0] === "--" ? args.slice(1) : args);
  if (flags.help) return "help";

  const given: Record<string, unknown> = { ...flags };
  const names = new Map(Object.keys(FLAGS).map((flag) => [flag, `--${flag}`]));
  for (const [flag, variable] of Object.entries(STAND_INS)) {
    if (given[flag] !== undefined || !environment[variable]) continue;
    given[flag] = environment[variable];
    names.set(flag, variable);
  }

  const parsed = schema.safeParse(given);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    const flag = String(issue?.path[0]);
    const value = flag === "token" ? "" : `, is ${JSON.stringify(given[flag])}`;
    throw new UsageError(`${names.get(flag)} ${issue?.message}${value}`);
  }

  const value = parsed.data;
  if (!value["same-topic-duplicates"] && value.events * value.topics > MAX_TRACKED_KEYS) {
    throw new UsageError(
      `--no-same-topic-duplicates needs events x topics up to ${MAX_TRACKED_KEYS}, ` +
        `is ${value.events * value.topics}`,
    );
  }
  return {
    events: value.events,
    duplicateRate: value["duplicate-rate"],
    url: value.url,
    token: value.token,
    batch: value.batch,
    concurrency: value.concurrency,
    eventsPerSecond: value.rate,
    topics: value.topics,
    seed: value.seed ?? newSeed(),
    freshSeed: value.seed === undefined,
    sameTopicDuplicates: value["same-topic-duplicates"],
    timeoutMs: value.timeout,
    retryForMs: value["retry-for"],
    check: value.check,
  };
}

function parseFlags(args: string[]) {
  try {
    return parseArgs({ args, options: FLAGS, allowNegative: true, strict: true }).values;
  } catch (error) {
    // node:util explains over several lines at times; the first says what is wrong.
    throw new UsageError((error as Error).message.split("\n")[0]);
  }
}
