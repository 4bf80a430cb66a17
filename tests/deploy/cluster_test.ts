/**
 * The profile `cluster` of docker-compose.yml fits together, and fits the files of deploy/. Nothing here
 * needs a container engine.
 */
import assert from "node:assert/strict";
import { parse } from "yaml";
import project from "../../deno.json" with { type: "json" };
import { parseConfig, VARIABLES } from "../../lib/config.ts";
import { isInstalled, testWith } from "../helpers/installed.ts";

interface Service {
  readonly command?: readonly string[];
  readonly depends_on?: Readonly<Record<string, { condition: string }>>;
  readonly environment: Readonly<Record<string, string>>;
  readonly image?: string;
  readonly networks: readonly string[];
  readonly ports?: readonly string[];
  readonly profiles?: readonly string[];
  readonly scale?: number;
  readonly volumes?: readonly string[];
}

interface Compose {
  readonly services: Readonly<Record<string, Service>>;
  readonly networks: Readonly<Record<string, { internal?: boolean } | null>>;
  readonly volumes: Readonly<Record<string, unknown>>;
}

const root = new URL("../../", import.meta.url);
const read = (path: string) => Deno.readTextFileSync(new URL(path, root));

/** Settings of `.env` have their defaults, or are an empty text. */
const fill = (_: unknown, value: unknown) =>
  typeof value === "string" ? value.replaceAll(/\$\{\w+(?::-([^}]*)|:\?[^}]*)?\}/g, "$1") : value;
const { services, networks, volumes }: Compose = parse(read("docker-compose.yml"), fill, {
  merge: true,
});
const cluster = Object.entries(services).filter(([, { profiles }]) =>
  profiles?.includes("cluster")
);
const named = (start: string) => cluster.filter(([name]) => name.startsWith(start));

Deno.test("without the profile there are the database and one aggregator", () => {
  const plain = Object.entries(services).filter(([, { profiles }]) => profiles === undefined);
  assert.deepEqual(plain.map(([name]) => name), ["storage", "aggregator"]);
});

Deno.test("the cluster is three servers of NATS, two aggregators, two consumers and a balancer", () => {
  assert.deepEqual(
    cluster.map(([name, { scale = 1 }]) => `${name} ${scale}`),
    ["nats-1 1", "nats-2 1", "nats-3 1", "aggregator-1 1", "aggregator-2 1", "consumer 2"]
      .concat("balancer 1"),
  );
});

Deno.test("each server of NATS and each journal has a named volume of its own", () => {
  const mounted = [...named("nats"), ...named("aggregator")].map(([, service]) =>
    service.volumes!.find((volume) => !volume.startsWith("./"))!.split(":")
  );
  const own = mounted.map(([volume]) => volume!);
  assert.equal(new Set([...own, "journal"]).size, 6);
  for (const volume of own) assert.ok(volume in volumes, volume);
  assert.deepEqual(mounted.map(([, path]) => path), [
    "/data",
    "/data",
    "/data",
    "/app/data",
    "/app/data",
  ]);
  assert.match(read("deploy/nats.conf"), /store_dir: \/data\n/);
});

Deno.test("all write to one store, by one stream with as many copies as there are servers", () => {
  const servers = named("nats").map(([name]) => name);
  const routes = [...read("deploy/nats.conf").matchAll(/nats:\/\/([\w-]+):6222/g)];
  assert.deepEqual(routes.map(([, name]) => name), servers);
  for (const [name, { environment }] of [...named("aggregator-"), ...named("consumer")]) {
    assert.equal(environment.DATABASE_URL, services.aggregator!.environment.DATABASE_URL);
    assert.equal(environment.QUEUE_REPLICAS, String(servers.length), name);
    assert.equal(
      environment.QUEUE_URL,
      `nats://${servers.map((server) => `${server}:4222`).join(",")}`,
    );
  }
});

Deno.test("an aggregator of the cluster differs from the one alone by its queue, and writes nothing itself", () => {
  for (const [name, { environment }] of named("aggregator-")) {
    const { INSTANCE, CONSUMERS } = environment;
    const own = { INSTANCE, CONSUMERS, QUEUE_URL: "", QUEUE_REPLICAS: "" };
    assert.deepEqual({ ...environment, ...own }, { ...services.aggregator!.environment, ...own });
    assert.equal(INSTANCE, name);
    assert.equal(CONSUMERS, "0");
  }
});

Deno.test("aggregators and consumers understand their environment, and consumers have a task", () => {
  for (const [name, { environment }] of [...named("aggregator-"), ...named("consumer")]) {
    for (const variable of Object.keys(environment)) {
      assert.ok(VARIABLES.includes(variable), `${name}: ${variable} is unknown to the service`);
    }
    assert.ok(parseConfig(environment, { cores: 2, terminal: false }), name);
  }
  assert.ok(services.consumer!.command![0]! in project.tasks);
});

Deno.test("only the balancer is published, and the stream is on a network of those that need it", () => {
  const published = cluster.filter(([, { ports }]) => ports !== undefined);
  assert.deepEqual(published.map(([name]) => name), ["balancer"]);
  assert.equal(networks.queue_net?.internal, true);
  const members = Object.entries(services).filter(([, service]) =>
    service.networks.includes("queue_net")
  );
  assert.deepEqual(members.map(([name]) => name), [
    "nats-1",
    "nats-2",
    "nats-3",
    "aggregator-1",
    "aggregator-2",
    "consumer",
  ]);
});

Deno.test("whoever starts the balancer starts all of the cluster", () => {
  const started = new Set(["balancer"]);
  // A set goes on to what is added while it is walked.
  for (const name of started) {
    for (const needed of Object.keys(services[name]!.depends_on ?? {})) started.add(needed);
  }
  assert.deepEqual([...started].sort(), [...cluster.map(([name]) => name), "storage"].sort());
});

Deno.test("the balancer takes bodies as large and as slow as the service does by default", () => {
  const conf = read("deploy/nginx.conf");
  const config = parseConfig({}, { cores: 2, terminal: false });
  assert.match(conf, new RegExp(`client_max_body_size ${config.maxBodyBytes / 2 ** 20}m;`));
  assert.match(conf, new RegExp(`client_body_timeout ${config.bodyTimeoutMs / 1000}s;`));
});

const nats = await isInstalled("nats-server", "--version");

testWith("nats-server", nats, "nats-server accepts its configuration", async () => {
  const { code, stderr } = await new Deno.Command("nats-server", {
    args: ["--config", "deploy/nats.conf", "-t"],
    cwd: root,
  }).output();
  assert.equal(code, 0, new TextDecoder().decode(stderr));
});
