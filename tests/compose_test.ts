/**
 * The container files fit together, and fit the programs that they start. Nothing here needs a
 * container engine.
 */
import assert from "node:assert/strict";
import { parseEnv } from "node:util";
import { parse } from "yaml";
import project from "../deno.json" with { type: "json" };
import { parseConfig, VARIABLES } from "../lib/config.ts";
import { ENVIRONMENT, parseOptions } from "../publisher/options.ts";

type Variables = Record<string, string>;

interface Service {
  build?: string;
  command?: string[];
  depends_on?: Record<string, { condition: string }>;
  environment: Variables;
  healthcheck?: { test: string[] };
  image?: string;
  networks: string[];
  ports?: string[];
  profiles?: string[];
  restart: string;
  volumes?: string[];
}

interface Compose {
  services: Record<"storage" | "aggregator" | "publisher", Service>;
  networks: Record<string, { internal?: boolean } | null>;
  volumes: Record<string, unknown>;
}

const root = new URL("../", import.meta.url);
const read = (path: string) => Deno.readTextFileSync(new URL(path, root));

const text = read("docker-compose.yml");
const example = parseEnv(read(".env.example")) as Variables;

/** `${NAME}`, `${NAME:-default}`, `${NAME:?complaint}`; two dollar signs are one for the shell. */
const REFERENCE = /(?<!\$)\$\{(?<name>\w+)(?::(?<kind>[-?])(?<rest>[^}]*))?\}/g;

/** The file with the settings of an `.env`, which become strings, whatever they look like. */
function compose(env: Variables): Compose {
  const fill = (value: string) =>
    value.replace(REFERENCE, (_, name, kind, rest) => {
      assert.ok(env[name] || kind === "-", `${name} is not set`);
      return env[name] || rest;
    });
  const reviver = (_: unknown, value: unknown) => typeof value === "string" ? fill(value) : value;
  return parse(text, reviver, { merge: true });
}

const { services, networks, volumes } = compose(example);
const { storage, aggregator, publisher } = services;

Deno.test("storage publishes no port and is on the internal network alone", () => {
  assert.equal(storage.ports, undefined);
  assert.deepEqual(storage.networks, ["pubsub_net"]);
  assert.deepEqual(
    Object.entries(networks).filter(([, network]) => network?.internal).map(([name]) => name),
    ["pubsub_net", "queue_net"],
  );
});

Deno.test("storage keeps its data on a named volume where the image of PostgreSQL 18 wants it", () => {
  assert.equal(storage.image, "postgres:18");
  assert.deepEqual(storage.volumes, ["storage_data:/var/lib/postgresql"]);
  assert.ok("storage_data" in volumes);
});

Deno.test("the aggregator waits for healthy storage and restarts always", () => {
  assert.deepEqual(aggregator.depends_on, { storage: { condition: "service_healthy" } });
  assert.ok(storage.healthcheck?.test.join(" ").includes("pg_isready"));
  assert.equal(aggregator.restart, "always");
});

Deno.test("the aggregator is published on loopback, and elsewhere only if asked", () => {
  assert.deepEqual(aggregator.ports, ["127.0.0.1:8080:8080"]);
  const asked = { ...example, AGGREGATOR_ADDRESS: "0.0.0.0", AGGREGATOR_PORT: "9000" };
  assert.deepEqual(compose(asked).services.aggregator.ports, ["0.0.0.0:9000:8080"]);
  assert.ok(aggregator.networks.some((name) => !networks[name]?.internal));
});

Deno.test("the aggregator understands its environment, and its journal is on a named volume", () => {
  for (const name of Object.keys(aggregator.environment)) {
    assert.ok(VARIABLES.includes(name), `${name} is unknown to the service`);
  }
  const config = parseConfig(aggregator.environment, { cores: 2, terminal: false });
  assert.equal(config.host, "0.0.0.0");
  assert.equal(config.databaseUrl, "postgres://sekali:change-me@storage:5432/sekali");
  assert.deepEqual(aggregator.volumes, [`journal:${config.dataDir}`]);
  assert.ok("journal" in volumes);
  assert.ok(aggregator.healthcheck?.test.join(" ").includes(`:${config.port}/readyz`));
});

Deno.test("tokens, a limit and the publisher's own token come from .env", () => {
  const text = "0123456789abcdef";
  const asked = compose({
    ...example,
    API_TOKENS: `load:publish(app.>|b)+read:${text}`,
    RATE_LIMIT: "50",
    API_TOKEN: text,
  });
  const { environment } = asked.services.aggregator;
  const { tokens, rateLimit } = parseConfig(environment, { cores: 2, terminal: false });
  assert.deepEqual([tokens.map(({ name }) => name), rateLimit], [["load"], 50]);
  const options = parseOptions([], asked.services.publisher.environment);
  assert.equal(options !== "help" && options.token, text);
  assert.ok(!("API_TOKENS" in asked.services.publisher.environment));
});

Deno.test("the publisher runs only when asked, once, and against a healthy aggregator", () => {
  assert.deepEqual(publisher.profiles, ["publish"]);
  assert.equal(publisher.restart, "no");
  assert.deepEqual(publisher.depends_on, { aggregator: { condition: "service_healthy" } });
  for (const name of Object.keys(publisher.environment)) {
    assert.ok((ENVIRONMENT as readonly string[]).includes(name), `${name} is unknown to it`);
  }
  const options = parseOptions([], publisher.environment);
  assert.ok(options !== "help");
  assert.equal(options.url.href, "http://aggregator:8080/publish");
  assert.deepEqual([options.events, options.duplicateRate], [20_000, 0.3]);
  assert.ok(publisher.networks.some((name) => aggregator.networks.includes(name)));
});

Deno.test("every setting of docker-compose.yml stands in .env.example with its default, and no other", () => {
  const used = [...text.matchAll(REFERENCE)].map(({ groups }) => groups!);
  assert.deepEqual(
    [...new Set(used.map(({ name }) => name))].sort(),
    Object.keys(example).sort(),
  );
  for (const { name, kind, rest } of used) {
    if (kind === "-") assert.equal(example[name!], rest, name);
    else assert.equal(name, "POSTGRES_PASSWORD");
  }
});

Deno.test("the image runs tasks that deno.json has, and drops a package that it names", () => {
  const dockerfile = read("Dockerfile");
  assert.match(dockerfile, /^ENTRYPOINT \["deno", "task", "--quiet"\]$/m);
  const [, command] = /^CMD \["(\w+)"\]$/m.exec(dockerfile)!;
  for (const task of [command!, publisher.command![0]!, "build"]) {
    assert.ok(task in project.tasks, task);
  }
  const [, dropped] = /sed -i '\/"([\w-]+)":\/d' deno\.json/.exec(dockerfile)!;
  assert.ok(dropped! in project.imports, dropped);
});

const program = installed(["docker", "compose"]) ?? installed(["docker-compose"]);

/** A test that runs where docker-compose is installed. */
function testWithCompose(name: string, body: () => void) {
  const suffix = program ? "" : " (skipped: docker-compose is not installed)";
  Deno.test({ name: name + suffix, ignore: !program, fn: body });
}

testWithCompose("docker-compose accepts the files without a warning", () => {
  const { code, complaint } = config(example);
  assert.equal(complaint, "");
  assert.equal(code, 0);
});

testWithCompose("docker-compose takes tokens that are limited to topics", () => {
  const API_TOKENS =
    "a:publish(app.log.*|shop.>)+read:0123456789abcdef,b:admin:0123456789abcdefg==";
  const { code, complaint, stdout } = config({ ...example, API_TOKENS });
  assert.deepEqual([code, complaint], [0, ""]);
  assert.equal(parse(stdout).services.aggregator.environment.API_TOKENS, API_TOKENS);
});

testWithCompose("docker-compose refuses to go on without a password, and names it", () => {
  const { code, complaint } = config({ ...example, POSTGRES_PASSWORD: "" });
  assert.notEqual(code, 0);
  assert.match(complaint, /set POSTGRES_PASSWORD in \.env/);
});

/** Runs `docker-compose config` with these settings and no others. */
function config(settings: Variables) {
  const envFile = Deno.makeTempFileSync({ prefix: "sekali-test-" });
  try {
    const lines = Object.entries(settings).map(([name, value]) => `${name}=${value}\n`);
    Deno.writeTextFileSync(envFile, lines.join(""));
    return run([
      ...program!,
      "--env-file",
      envFile,
      "--profile",
      "publish",
      "--profile",
      "cluster",
      "config",
    ]);
  } finally {
    Deno.removeSync(envFile);
  }
}

function installed(command: string[]): string[] | undefined {
  try {
    return run([...command, "version"]).code === 0 ? command : undefined;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

/** Runs a command in the project's directory, out of reach of this process's own settings. */
function run([program, ...args]: string[]) {
  const env = Object.fromEntries(
    ["PATH", "HOME"].flatMap((name) => {
      const value = Deno.env.get(name);
      return value === undefined ? [] : [[name, value]];
    }),
  );
  const { code, stdout, stderr } = new Deno.Command(program!, {
    args,
    cwd: root,
    clearEnv: true,
    env,
  }).outputSync();
  const decoder = new TextDecoder();
  return { code, stdout: decoder.decode(stdout), complaint: decoder.decode(stderr).trim() };
}
