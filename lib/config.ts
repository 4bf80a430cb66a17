/**
 * Configuration: the environment, read once, validated whole.
 *
 * This is the only place that reads the environment. A bad value stops the start with one line that
 * names the variable, what it was and what it may be.
 */
import { resolve } from "node:path";
import { z } from "zod";
import { isLoopback } from "./access/origin.ts";
import { parseTokens, type Token, TOKEN_FORM, TokenListError } from "./access/tokens.ts";
import { reason, StartupError } from "./errors.ts";
import { type Fault, FAULT_POINTS, type FaultPoint } from "./fault.ts";
import { MAX_CONSUMERS, MAX_PARTITIONS } from "./limits.ts";
import { parseRetention, type Retention } from "./retention.ts";

const whole = (least: number, most: number) =>
  z.string().regex(/^\d+$/, `a whole number from ${least} to ${most}`)
    .transform(Number).refine(
      (n) => n >= least && n <= most,
      `a whole number from ${least} to ${most}`,
    );

const consumers = whole(1, MAX_CONSUMERS);

const fault = new RegExp(`^(?:${FAULT_POINTS.join("|")}):[1-9]\\d{0,8}:(?:process|thread)$`);

const schema = z.object({
  HOST: z.string().default("127.0.0.1"),
  PORT: whole(0, 65_535).default(8080),
  ALLOW_ANONYMOUS: z.enum(["true", "false"], "true or false").default("false"),
  API_TOKENS: z.string().transform(readTokens).optional(),
  RATE_LIMIT: whole(1, 1_000_000).optional(),
  DATABASE_URL: z.string().refine(
    isDatabaseUrl,
    "postgres://user:password@host:port/database, with special characters percent-encoded",
  ).optional(),
  PARTITIONS: whole(0, MAX_PARTITIONS).optional(),
  DATA_DIR: z.string().default("./data"),
  INSTANCE: z.string().regex(/^[\w.:-]{1,64}$/, "1 to 64 letters, digits, or .:_-").optional(),
  HOSTNAME: z.string().optional(),
  CONSUMERS: whole(0, MAX_CONSUMERS).optional(),
  MIN_CONSUMERS: consumers.optional(),
  QUEUE_MAX_EVENTS: whole(1, 100_000_000).default(1_000_000),
  JOURNAL_MAX_BYTES: whole(1, 2 ** 44).default(4 * 1024 ** 3),
  MAX_BATCH_EVENTS: whole(1, 1_000_000).default(10_000),
  MAX_BODY_BYTES: whole(1, 1024 ** 3).default(16 * 1024 ** 2),
  BODY_TIMEOUT_MS: whole(100, 600_000).default(10_000),
  RETENTION: z.string().transform((text, context): Retention => {
    try {
      return parseRetention(text);
    } catch (error) {
      context.addIssue(reason(error));
      return z.NEVER;
    }
  }).default([]),
  CORS_ORIGINS: z.string().transform((text) => text.split(",").map((one) => one.trim()))
    .refine((origins) => origins.every(isOrigin), "origins such as https://logs.example, by commas")
    .default([]),
  LOG_LEVEL: z.enum(
    ["debug", "info", "warning", "error", "fatal"],
    "debug, info, warning, error or fatal",
  )
    .default("info"),
  LOG_FORMAT: z.enum(["text", "json"], "text or json").optional(),
  QUEUE_URL: z.string().refine(
    (text) => parseQueueUrl(text) !== undefined,
    "nats://user:password@host:port, further host:port by commas, special characters percent-encoded",
  ).optional(),
  QUEUE_STREAM: z.string().regex(/^[\w-]{1,64}$/, "1 to 64 letters, digits, '_' or '-'")
    .optional(),
  QUEUE_STORAGE: z.enum(["file", "memory"], "file or memory").optional(),
  QUEUE_REPLICAS: whole(1, 5).optional(),
  QUEUE_STREAM_MAX_BYTES: whole(1, 2 ** 50).optional(),
  OTEL_DENO: z.string().default(""),
  FAULT: z.string().regex(fault, `point:pass:process or thread, ${FAULT_POINTS.join(", ")}`)
    .optional(),
});

/** What may hold a password or a token: never shown. */
const SECRETS = ["DATABASE_URL", "API_TOKENS", "QUEUE_URL"];

/** The variables that this process reads, for the permission flags of its tasks and for tests. */
export const VARIABLES: readonly string[] = Object.keys(schema.shape);

/** What the service was told to be. */
export interface Config {
  /** Listen address. */
  readonly host: string;
  /** Listen port; 0 lets the system choose. */
  readonly port: number;
  /** Whether, without tokens, anyone may come in from anywhere. */
  readonly allowAnonymous: boolean;
  /** Who may come in; none: anyone who reaches it. */
  readonly tokens: readonly Token[];
  /** Requests a second of one token; undefined: any number. */
  readonly rateLimit: number | undefined;
  /** PostgreSQL to use; undefined: the embedded one. May hold a password: never log it. */
  readonly databaseUrl: string | undefined;
  /** Partitions of the table of events, 0: none; undefined: it is left as it is. */
  readonly partitions: number | undefined;
  /** Absolute path of the journal and the embedded database. */
  readonly dataDir: string;
  /** What it is called among several. */
  readonly instance: string;
  /** Consumers to run, 1 to 16. */
  /** NATS JetStream as the queue; undefined: the queue in this process. May hold a password. */
  readonly queue: StreamConfig | undefined;
  /** Consumers to run, 0 to 16; 0 only where others consume from the same stream. */
  readonly consumers: number;
  /** Accepted but not yet committed events, beyond which publishing is refused. */
  readonly queueMaxEvents: number;
  /** JSON of pending events that the journal may hold, beyond which publishing is refused. */
  readonly journalMaxBytes: number;
  /** Events in one request. */
  readonly maxBatchEvents: number;
  /** Size of one request's body. */
  readonly maxBodyBytes: number;
  /** Longest that a body may be without a byte. */
  readonly bodyTimeoutMs: number;
  /** How long events are kept. */
  readonly retention: Retention;
  /** Origins whose pages may use the API, beside the service's own. */
  readonly corsOrigins: readonly string[];
  readonly logLevel: "debug" | "info" | "warning" | "error" | "fatal";
  readonly logFormat: "text" | "json";
  /** Whether Deno exports traces, so that it is worth making them. */
  readonly tracing: boolean;
  /** Where the service is to die, for `deno task verify`. */
  readonly fault: Fault | undefined;
}

/** A JetStream stream, and how it is reached. */
export interface StreamConfig {
  /** `host:port`, at least one. */
  readonly servers: readonly string[];
  readonly user: string | undefined;
  readonly pass: string | undefined;
  readonly token: string | undefined;
  /** Name of the stream, and first token of its subjects. */
  readonly stream: string;
  /** How the stream is made; undefined: by default, and whatever is present will do. */
  readonly storage: "file" | "memory" | undefined;
  readonly replicas: number | undefined;
  readonly maxBytes: number | undefined;
}

/** What the configuration depends on beside the environment. */
export interface Machine {
  readonly cores: number;
  readonly terminal: boolean;
}

/**
 * Reads the configuration from a set of environment variables; an empty variable counts as unset.
 *
 * @throws {StartupError} if a value is not usable, in one line
 */
export function parseConfig(
  environment: Readonly<Record<string, string | undefined>>,
  machine: Machine,
): Config {
  const given = Object.fromEntries(
    Object.entries(environment).filter(([, value]) => value !== undefined && value !== ""),
  );
  const parsed = schema.safeParse(given);
  if (!parsed.success) {
    const { path, message } = parsed.error.issues[0]!;
    const name = String(path[0]);
    const shown = SECRETS.includes(name) ? "" : ` is "${given[name]}", it`;
    throw new StartupError(`Cannot start: ${name}${shown} must be ${message}`);
  }
  const env = parsed.data;
  const consumers = env.CONSUMERS ?? env.MIN_CONSUMERS ??
    Math.min(Math.max(machine.cores, 2), 5);
  if (env.QUEUE_URL === undefined) refuseWithoutQueue(env, consumers);
  const allowAnonymous = env.ALLOW_ANONYMOUS === "true";
  if (!isLoopback(env.HOST) && env.API_TOKENS === undefined && !allowAnonymous) {
    throw new StartupError(
      `Cannot start: HOST is "${env.HOST}" and would let anyone in; set API_TOKENS, or ALLOW_ANONYMOUS=true to allow that`,
    );
  }
  if (env.RATE_LIMIT !== undefined && env.API_TOKENS === undefined) {
    throw new StartupError(
      "Cannot start: RATE_LIMIT is a limit of each token; set API_TOKENS, too",
    );
  }
  return {
    host: env.HOST,
    port: env.PORT,
    allowAnonymous,
    tokens: env.API_TOKENS ?? [],
    rateLimit: env.RATE_LIMIT,
    databaseUrl: env.DATABASE_URL,
    partitions: env.PARTITIONS,
    dataDir: resolve(env.DATA_DIR),
    // Containers have it set, and each its own.
    instance: env.INSTANCE ?? env.HOSTNAME ?? "sekali",
    queue: env.QUEUE_URL === undefined ? undefined : {
      ...parseQueueUrl(env.QUEUE_URL)!,
      stream: env.QUEUE_STREAM ?? "sekali",
      storage: env.QUEUE_STORAGE,
      replicas: env.QUEUE_REPLICAS,
      maxBytes: env.QUEUE_STREAM_MAX_BYTES,
    },
    consumers,
    queueMaxEvents: env.QUEUE_MAX_EVENTS,
    journalMaxBytes: env.JOURNAL_MAX_BYTES,
    maxBatchEvents: env.MAX_BATCH_EVENTS,
    maxBodyBytes: env.MAX_BODY_BYTES,
    bodyTimeoutMs: env.BODY_TIMEOUT_MS,
    retention: env.RETENTION,
    corsOrigins: env.CORS_ORIGINS,
    logLevel: env.LOG_LEVEL,
    logFormat: env.LOG_FORMAT ?? (machine.terminal ? "text" : "json"),
    // As Deno itself reads it.
    tracing: /^(?:true|1)$/i.test(env.OTEL_DENO),
    fault: env.FAULT === undefined ? undefined : parseFault(env.FAULT),
  };
}

/** Reads the configuration of this process. @throws {StartupError} if a value is not usable */
export function loadConfig(): Config {
  const environment = Object.fromEntries(VARIABLES.map((name) => [name, Deno.env.get(name)]));
  return parseConfig(environment, {
    cores: navigator.hardwareConcurrency,
    terminal: Deno.stderr.isTerminal(),
  });
}

function parseFault(text: string): Fault {
  const [point, pass, kills] = text.split(":") as [FaultPoint, string, Fault["kills"]];
  return { point, pass: Number(pass), kills };
}

function readTokens(text: string, context: z.RefinementCtx): readonly Token[] {
  try {
    return parseTokens(text);
  } catch (error) {
    if (!(error instanceof TokenListError)) throw error;
    context.addIssue(`${TOKEN_FORM}: ${error.message}`);
    return z.NEVER;
  }
}

function isDatabaseUrl(text: string): boolean {
  try {
    const { protocol, host, username, password } = new URL(text);
    decodeURIComponent(username + password);
    return /^postgres(?:ql)?:$/.test(protocol) && host !== "";
  } catch {
    return false;
  }
}

/** What makes no sense without a stream is refused rather than ignored. */
function refuseWithoutQueue(env: z.infer<typeof schema>, consumers: number) {
  const alone =
    (["QUEUE_STREAM", "QUEUE_STORAGE", "QUEUE_REPLICAS", "QUEUE_STREAM_MAX_BYTES"] as const)
      .find((name) => env[name] !== undefined);
  if (alone !== undefined) {
    throw new StartupError(`Cannot start: ${alone} is of no use without QUEUE_URL`);
  }
  if (consumers === 0) {
    throw new StartupError(
      'Cannot start: CONSUMERS is "0", it must be a whole number from 1 to 16 without QUEUE_URL',
    );
  }
}

/** Servers and credentials of `nats://[user:password@|token@]host[:port][,…]`; undefined if it is none. */
function parseQueueUrl(
  text: string,
): Pick<StreamConfig, "servers" | "user" | "pass" | "token"> | undefined {
  const [, credentials, hosts] = /^nats:\/\/(?:([^@/]*)@)?([^@/]+)\/?$/.exec(text) ?? [];
  const servers = hosts?.split(",").map((host) => host.trim());
  if (!servers?.every((host) => /^(?:[\w.-]+|\[[0-9a-fA-F:]+\])(?::\d{1,5})?$/.test(host))) {
    return undefined;
  }
  try {
    const [user, pass] = credentials?.split(":").map(decodeURIComponent) ?? [];
    return pass === undefined
      ? { servers, user: undefined, pass: undefined, token: user }
      : { servers, user, pass, token: undefined };
  } catch {
    return undefined;
  }
}

/** Whether a text is an origin as browsers write it: no wildcard, no path. */
function isOrigin(text: string): boolean {
  return /^https?:/.test(text) && URL.canParse(text) && new URL(text).origin === text;
}
