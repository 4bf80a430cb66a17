/**
 * What does the environment make of the service, and is every bad value one clear line?
 */
import assert from "node:assert/strict";
import { isAbsolute, resolve } from "node:path";
import { type Machine, parseConfig, VARIABLES } from "../lib/config.ts";
import { StartupError } from "../lib/errors.ts";
import { FAULT_POINTS } from "../lib/fault.ts";

const MACHINE: Machine = { cores: 4, terminal: true };

/** Asserts that an environment is refused in one line that names a variable; gives back the line. */
function assertRefused(environment: Record<string, string>, name: string): string {
  try {
    parseConfig(environment, MACHINE);
  } catch (error) {
    assert.ok(error instanceof StartupError, String(error));
    assert.match(error.message, new RegExp(`^Cannot start: [^\n]*\\b${name}\\b[^\n]*$`));
    return error.message;
  }
  throw new Error(`${JSON.stringify(environment)} was accepted`);
}

Deno.test("parseConfig() has a default for everything", () => {
  assert.deepEqual(parseConfig({}, MACHINE), {
    host: "127.0.0.1",
    port: 8080,
    allowAnonymous: false,
    tokens: [],
    rateLimit: undefined,
    databaseUrl: undefined,
    partitions: undefined,
    dataDir: resolve("data"),
    instance: "sekali",
    consumers: 4,
    queue: undefined,
    queueMaxEvents: 1_000_000,
    journalMaxBytes: 4_294_967_296,
    maxBatchEvents: 10_000,
    maxBodyBytes: 16 * 1024 * 1024,
    bodyTimeoutMs: 10_000,
    retention: [],
    corsOrigins: [],
    logLevel: "info",
    logFormat: "text",
    tracing: false,
    fault: undefined,
  });
});

Deno.test("parseConfig() takes an empty variable for an unset one", () => {
  const empty = Object.fromEntries(VARIABLES.map((name) => [name, ""]));
  assert.deepEqual(parseConfig(empty, MACHINE), parseConfig({}, MACHINE));
});

Deno.test("parseConfig() takes what is given", () => {
  const config = parseConfig({
    HOST: "::1",
    PORT: "0",
    DATABASE_URL: "postgresql://db/sekali",
    PARTITIONS: "0",
    DATA_DIR: "/var/lib/sekali",
    INSTANCE: "sekali-0.rack:7",
    CONSUMERS: "16",
    QUEUE_MAX_EVENTS: "1",
    JOURNAL_MAX_BYTES: "4",
    MAX_BATCH_EVENTS: "2",
    MAX_BODY_BYTES: "3",
    BODY_TIMEOUT_MS: "200",
    RETENTION: "audit.>=forever, 30d",
    CORS_ORIGINS: "https://a.example, http://b:81",
    LOG_LEVEL: "debug",
    LOG_FORMAT: "json",
    QUEUE_URL: "nats://sekali:p%40ss@a.example:4222,[::1],b",
    QUEUE_STREAM: "logs",
    QUEUE_STORAGE: "memory",
    QUEUE_REPLICAS: "3",
    QUEUE_STREAM_MAX_BYTES: "1000000",
    OTEL_DENO: "true",
    FAULT: "committed:3:thread",
    UNKNOWN: "is not ours",
  }, MACHINE);
  assert.deepEqual(config, {
    host: "::1",
    port: 0,
    allowAnonymous: false,
    tokens: [],
    rateLimit: undefined,
    databaseUrl: "postgresql://db/sekali",
    partitions: 0,
    dataDir: "/var/lib/sekali",
    instance: "sekali-0.rack:7",
    consumers: 16,
    queueMaxEvents: 1,
    journalMaxBytes: 4,
    maxBatchEvents: 2,
    maxBodyBytes: 3,
    bodyTimeoutMs: 200,
    retention: [{ topic: "audit.>", keptMs: Infinity }, { topic: "*", keptMs: 2_592_000_000 }],
    corsOrigins: ["https://a.example", "http://b:81"],
    logLevel: "debug",
    logFormat: "json",
    queue: {
      servers: ["a.example:4222", "[::1]", "b"],
      user: "sekali",
      pass: "p@ss",
      token: undefined,
      stream: "logs",
      storage: "memory",
      replicas: 3,
      maxBytes: 1_000_000,
    },
    tracing: true,
    fault: { point: "committed", pass: 3, kills: "thread" },
  });
});

Deno.test("parseConfig() takes a fault at any point", () => {
  for (const point of FAULT_POINTS) {
    for (const kills of ["process", "thread"] as const) {
      const { fault } = parseConfig({ FAULT: `${point}:120:${kills}` }, MACHINE);
      assert.deepEqual(fault, { point, pass: 120, kills });
    }
  }
});

Deno.test("parseConfig() takes origins as browsers write them, and no wildcard", () => {
  for (const bad of ["*", "a.example", "https://a.example/", "https://A.example", "null", ","]) {
    assertRefused({ CORS_ORIGINS: bad }, "CORS_ORIGINS");
    assertRefused({ CORS_ORIGINS: `https://a.example,${bad}` }, "CORS_ORIGINS");
  }
});

Deno.test("parseConfig() makes DATA_DIR absolute", () => {
  assert.ok(isAbsolute(parseConfig({ DATA_DIR: "some/where" }, MACHINE).dataDir));
});

Deno.test("parseConfig() runs a consumer per core, at least 2 and at most 5", () => {
  for (const [cores, consumers] of [[1, 2], [2, 2], [3, 3], [5, 5], [64, 5]] as const) {
    assert.equal(parseConfig({}, { ...MACHINE, cores }).consumers, consumers);
  }
});

Deno.test("parseConfig() takes MIN_CONSUMERS where CONSUMERS is not set", () => {
  assert.equal(parseConfig({ MIN_CONSUMERS: "3" }, MACHINE).consumers, 3);
  assert.equal(parseConfig({ MIN_CONSUMERS: "3", CONSUMERS: "1" }, MACHINE).consumers, 1);
  assertRefused({ MIN_CONSUMERS: "0" }, "MIN_CONSUMERS");
});

Deno.test("parseConfig() takes the name of the host where INSTANCE is not set", () => {
  assert.equal(parseConfig({ HOSTNAME: "pod-1" }, MACHINE).instance, "pod-1");
  assert.equal(parseConfig({ HOSTNAME: "pod-1", INSTANCE: "a" }, MACHINE).instance, "a");
});

Deno.test("parseConfig() needs no consumers where a stream is the queue", () => {
  const { consumers, queue } = parseConfig(
    { CONSUMERS: "0", QUEUE_URL: "nats://t0ken@a" },
    MACHINE,
  );
  assert.equal(consumers, 0);
  assert.deepEqual([queue?.servers, queue?.token, queue?.user], [["a"], "t0ken", undefined]);
  assert.deepEqual([queue?.stream, queue?.storage, queue?.replicas], [
    "sekali",
    undefined,
    undefined,
  ]);
});

Deno.test("parseConfig() refuses a QUEUE_URL that is none, without its password", () => {
  const bad = [
    "http://a",
    "nats://",
    "nats://a,",
    "nats://a/b",
    "nats://a:b:c",
    "a",
    "nats://x:%ff@a",
  ];
  for (const url of bad) assertRefused({ QUEUE_URL: url }, "QUEUE_URL");
  assert.doesNotMatch(assertRefused({ QUEUE_URL: "nats://me:secret@" }, "QUEUE_URL"), /secret/);
});

Deno.test("parseConfig() refuses what is about a stream where there is none", () => {
  for (
    const name of ["QUEUE_STREAM", "QUEUE_STORAGE", "QUEUE_REPLICAS", "QUEUE_STREAM_MAX_BYTES"]
  ) {
    const value = name === "QUEUE_STORAGE" ? "file" : "1";
    assert.match(assertRefused({ [name]: value }, name), /without QUEUE_URL/);
  }
});

Deno.test("parseConfig() logs JSON where no terminal reads it", () => {
  assert.equal(parseConfig({}, { ...MACHINE, terminal: false }).logFormat, "json");
  const asked = parseConfig({ LOG_FORMAT: "text" }, { ...MACHINE, terminal: false });
  assert.equal(asked.logFormat, "text");
});

const BAD_VALUES: Record<string, readonly string[]> = {
  PORT: ["x", "-1", "65536", "80.5", "0x50", " 80", "1e3"],
  PARTITIONS: ["-1", "65", "none"],
  CONSUMERS: ["0", "17", "two", "1.5"],
  MIN_CONSUMERS: ["0", "17"],
  INSTANCE: ["a b", "ä", "a".repeat(65)],
  QUEUE_MAX_EVENTS: ["0", "100000001", "1_000", "many"],
  JOURNAL_MAX_BYTES: ["0", "17592186044417", "4GiB", "-1"],
  MAX_BATCH_EVENTS: ["0", "1000001", "-5"],
  MAX_BODY_BYTES: ["0", "1073741825", "16MiB"],
  RETENTION: ["30", "0d", "a=b", "30d,", "*=30d,audit.>=forever"],
  QUEUE_STREAM: ["a.b", "a b", "*"],
  QUEUE_STORAGE: ["disk"],
  QUEUE_REPLICAS: ["0", "6"],
  QUEUE_STREAM_MAX_BYTES: ["0", "1GiB"],
  LOG_LEVEL: ["verbose", "INFO"],
  LOG_FORMAT: ["xml"],
  RATE_LIMIT: ["0", "1.5", "1000001"],
  ALLOW_ANONYMOUS: ["yes", "1"],
  FAULT: [
    "committed",
    "committed:3",
    "committed:0:process",
    "committed:-1:process",
    "committed:1e3:process",
    "committed:3:both",
    "commited:3:process",
    "committed:3:process:",
    " committed:3:process",
    "committed:3:process accepted:1:thread",
  ],
};

for (const [name, values] of Object.entries(BAD_VALUES)) {
  Deno.test(`parseConfig() refuses a bad ${name} in one line with the value and what it may be`, () => {
    for (const value of values) {
      const line = assertRefused({ [name]: value }, name);
      assert.ok(line.includes(`"${value}"`), line);
      assert.match(line, /must be .+/);
    }
  });
}

Deno.test("parseConfig() never shows DATABASE_URL, whatever is wrong with it", () => {
  for (
    const url of [
      "mysql://me:hunter2@db/x",
      "hunter2",
      "postgres://",
      "Postgres:/me:hunter2@db",
      "postgres://me:hunter2/x@db/x",
      "postgres://me:hunter2%zz@db/x",
    ]
  ) {
    const line = assertRefused({ DATABASE_URL: url }, "DATABASE_URL");
    assert.ok(!line.includes("hunter2"), line);
    assert.match(line, /postgres:\/\//);
  }
});

Deno.test("parseConfig() listens to other machines only where ALLOW_ANONYMOUS says so", () => {
  for (const HOST of ["0.0.0.0", "::", "192.168.1.7", "sekali.example"]) {
    const line = assertRefused({ HOST }, "HOST");
    assert.match(line, /ALLOW_ANONYMOUS=true/);
    assertRefused({ HOST, ALLOW_ANONYMOUS: "false" }, "HOST");
    assert.equal(parseConfig({ HOST, ALLOW_ANONYMOUS: "true" }, MACHINE).host, HOST);
  }
  for (const HOST of ["localhost", "127.0.0.1", "127.1.2.3", "::1"]) {
    assert.equal(parseConfig({ HOST }, MACHINE).host, HOST);
  }
});

Deno.test("parseConfig() listens to other machines where there are tokens, and limits those alone", () => {
  const API_TOKENS = "a:read:0123456789abcdef";
  const config = parseConfig({ HOST: "0.0.0.0", API_TOKENS, RATE_LIMIT: "5" }, MACHINE);
  assert.deepEqual([config.tokens.length, config.rateLimit, config.allowAnonymous], [1, 5, false]);
  assertRefused({ RATE_LIMIT: "5" }, "RATE_LIMIT");
});

Deno.test("parseConfig() never shows API_TOKENS, whatever is wrong with it, but which entry is", () => {
  for (const entry of ["hunter2hunter2hunter2", "a:read:hunter2", "a:hunter2:0123456789abcdef"]) {
    const line = assertRefused({ API_TOKENS: `x:read:0123456789abcdef,${entry}` }, "API_TOKENS");
    assert.ok(!/hunter2|0123456789abcdef/.test(line), line);
    assert.match(line, /must be name:scope\+scope:token, separated by commas: entry 2 /);
  }
});

Deno.test("VARIABLES names every variable that has a meaning", () => {
  for (const name of [...Object.keys(BAD_VALUES), "HOST", "DATABASE_URL", "DATA_DIR"]) {
    assert.ok(VARIABLES.includes(name), name);
  }
});
