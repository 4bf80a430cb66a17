/**
 * The manifests of deploy/kubernetes/ are valid, fit each other, and fit the programs that they start.
 * Nothing here needs a cluster.
 */
import assert from "node:assert/strict";
import { parse, parseAllDocuments } from "yaml";
import project from "../../deno.json" with { type: "json" };
import { parseConfig, VARIABLES } from "../../lib/config.ts";
import { isInstalled, testWith } from "../helpers/installed.ts";
import { findFaults, type Manifest } from "./manifests.ts";

const directory = new URL("../../deploy/kubernetes/", import.meta.url);
const read = (file: string) => Deno.readTextFileSync(new URL(file, directory));
const manifests = (file: string) =>
  parseAllDocuments(read(file)).map((document) => document.toJS() as Manifest);

const kustomization: { resources: string[]; images: { name: string }[] } = parse(
  read("kustomization.yaml"),
);
const all = kustomization.resources.flatMap(manifests);
const find = (kind: string, name: string) => {
  const found = all.find((one) => one.kind === kind && one.metadata.name === name);
  assert.ok(found, `${kind} ${name}`);
  return found;
};

const workloads = [
  find("StatefulSet", "sekali-aggregator"),
  find("Deployment", "sekali-consumer"),
];
const [secret] = manifests("secret.example.yaml") as (Manifest & {
  stringData: Record<string, string>;
})[];

Deno.test("every manifest is what the API's schema says, without a field that it does not know", () => {
  for (const manifest of [...all, secret!]) {
    assert.deepEqual(findFaults(manifest), [], `${manifest.kind} ${manifest.metadata.name}`);
  }
});

for (
  const [what, spoil, fault] of [
    ["a field that is unknown", (pod) => pod.containers[0].livenessprobe = {}, "livenessprobe"],
    ["a field of another type", (pod) => pod.terminationGracePeriodSeconds = "30", "Seconds"],
    ["a field that is missing", (pod) => delete pod.containers[0].name, "containers/0"],
    ["a value that is none", (pod) => pod.restartPolicy = [], "restartPolicy"],
  ] as const satisfies [string, (pod: Manifest["spec"]) => unknown, string][]
) {
  Deno.test(`findFaults() finds ${what}`, () => {
    for (const manifest of workloads) {
      const spoilt = structuredClone(manifest);
      spoil(spoilt.spec.template.spec);
      const faults = findFaults(spoilt);
      assert.ok(faults.some((text) => text.includes(fault)), faults.join("\n"));
    }
  });
}

Deno.test("pods run as no root, on a root file system that is read only, without privileges", () => {
  for (const { spec } of workloads) {
    const pod = spec.template.spec;
    assert.equal(pod.securityContext.runAsNonRoot, true);
    assert.ok(pod.securityContext.runAsUser > 0);
    assert.equal(pod.automountServiceAccountToken, false);
    for (const { securityContext } of pod.containers) {
      assert.deepEqual(securityContext, {
        allowPrivilegeEscalation: false,
        readOnlyRootFilesystem: true,
        capabilities: { drop: ["ALL"] },
      });
    }
  }
});

Deno.test("containers have requests, a limit of memory, and run a task that there is in the image", () => {
  const [image] = kustomization.images;
  for (const { spec } of workloads) {
    for (const { image: name, args, resources } of spec.template.spec.containers) {
      assert.equal(name, image!.name);
      assert.ok(args[0] in project.tasks, args[0]);
      assert.ok(resources.requests.cpu && resources.requests.memory && resources.limits.memory);
    }
  }
});

Deno.test("an aggregator asks for tokens, and its journal is on a volume of its own that outlives it", () => {
  const { spec } = workloads[0]!;
  const [container] = spec.template.spec.containers;
  const environment = { ...environmentOf(container), ...secret!.stringData };
  for (const name of Object.keys(environment)) {
    assert.ok(VARIABLES.includes(name), `${name} is unknown to the service`);
  }
  const config = parseConfig(environment, { cores: 2, terminal: false });
  assert.ok(!("ALLOW_ANONYMOUS" in environment));
  assert.equal(config.port, container.ports[0].containerPort);
  const [claim] = spec.volumeClaimTemplates;
  const mount = container.volumeMounts.find(({ name }: { name: string }) =>
    name === claim.metadata.name
  );
  assert.equal(mount.mountPath, config.dataDir);
  assert.deepEqual(spec.persistentVolumeClaimRetentionPolicy, {
    whenDeleted: "Retain",
    whenScaled: "Retain",
  });
  const room = Number(/^(\d+)Gi$/.exec(claim.spec.resources.requests.storage)![1]) * 2 ** 30;
  assert.ok(room > 2 * config.journalMaxBytes);
});

Deno.test("a consumer has what it needs of the secret, and no more", () => {
  const [container] = workloads[1]!.spec.template.spec.containers;
  const environment = environmentOf(container);
  for (const name of Object.keys(environment)) {
    assert.ok(VARIABLES.includes(name), `${name} is unknown to the service`);
  }
  assert.ok(environment.QUEUE_URL && environment.DATABASE_URL);
  assert.ok(!("API_TOKENS" in environment));
  assert.ok(parseConfig(environment, { cores: 2, terminal: false }));
});

Deno.test("probes ask for paths that there are, on a port that there is", () => {
  const [container] = workloads[0]!.spec.template.spec.containers;
  const asked = [container.startupProbe, container.livenessProbe, container.readinessProbe];
  assert.deepEqual(asked.map(({ httpGet }) => httpGet.path), ["/healthz", "/healthz", "/readyz"]);
  for (const { httpGet } of asked) {
    assert.equal(httpGet.port, container.ports[0].name);
    assert.ok(Deno.statSync(new URL(`../../routes${httpGet.path}.ts`, directory)).isFile);
  }
});

Deno.test("services, budgets and the autoscaler find their pods", () => {
  for (const { kind, metadata, spec } of all) {
    if (kind === "Service" || kind === "PodDisruptionBudget") {
      const selector = spec.selector.matchLabels ?? spec.selector;
      const selected = workloads.filter((workload) =>
        Object.entries(selector).every(([name, value]) =>
          workload.spec.template.metadata.labels[name] === value
        )
      );
      assert.equal(selected.length, 1, `${kind} ${metadata.name}`);
    }
    if (kind === "HorizontalPodAutoscaler") {
      const { apiVersion, kind, name } = spec.scaleTargetRef;
      assert.equal(find(kind, name).apiVersion, apiVersion);
      assert.equal(find(kind, name).spec.replicas, undefined);
    }
  }
});

Deno.test("the autoscaler asks for a metric that the adapter has, and the adapter for one of /metrics", () => {
  const adapter: { rules: { external: { seriesQuery: string; metricsQuery: string }[] } } = parse(
    read("prometheus-adapter.example.yaml"),
  );
  const [rule] = adapter.rules.external;
  const [metric] = find("HorizontalPodAutoscaler", "sekali-consumer").spec.metrics;
  const { name } = metric.external.metric;
  assert.match(rule!.seriesQuery, new RegExp(`^${name}\\{`));
  assert.match(rule!.metricsQuery, new RegExp(`\\b${name}\\{`));
  // Of the alerts monitoring_test.ts knows that there are such metrics.
  assert.match(read("../../docs/alerts.yml"), new RegExp(`\\b${name}\\b`));
});

const kubectl = await isInstalled("kubectl", "version", "--client");

testWith("kubectl", kubectl, "kubectl builds the kustomization, all manifests in it", async () => {
  const { code, stdout, stderr } = await new Deno.Command("kubectl", {
    args: ["kustomize", "."],
    cwd: directory,
  }).output();
  const decoder = new TextDecoder();
  assert.equal(code, 0, decoder.decode(stderr));
  const built = parseAllDocuments(decoder.decode(stdout)).map((one) => one.toJS() as Manifest);
  const names = (those: readonly Manifest[]) =>
    those.map(({ kind, metadata }) => `${kind} ${metadata.name}`).sort();
  assert.deepEqual(names(built), names(all));
  for (const manifest of built) assert.deepEqual(findFaults(manifest), []);
});

interface Variable {
  readonly name: string;
  readonly value?: string;
  readonly valueFrom?: { readonly secretKeyRef?: { readonly name: string; readonly key: string } };
}

/** The variables of a container that it names, those of the secret as in the example. */
function environmentOf({ env }: { env: readonly Variable[] }): Record<string, string> {
  return Object.fromEntries(env.map(({ name, value, valueFrom }) => {
    const reference = valueFrom?.secretKeyRef;
    if (reference !== undefined) assert.equal(reference.name, secret!.metadata.name);
    return [name, value ?? (reference ? secret!.stringData[reference.key]! : name.toLowerCase())];
  }));
}
