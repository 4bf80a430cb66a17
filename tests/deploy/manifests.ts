/**
 * Kubernetes manifests, held against the API's own schemas.
 *
 * The schemas say what a field must be, not that there is no other, and the API drops what it does not
 * know. So a field counts as known where validation has looked at it.
 */
import { validate as deployment } from "kubernetes-models/_schemas/IoK8sApiAppsV1Deployment";
import { validate as statefulSet } from "kubernetes-models/_schemas/IoK8sApiAppsV1StatefulSet";
import { validate as autoscaler } from "kubernetes-models/_schemas/IoK8sApiAutoscalingV2HorizontalPodAutoscaler";
import { validate as secret } from "kubernetes-models/_schemas/IoK8sApiCoreV1Secret";
import { validate as service } from "kubernetes-models/_schemas/IoK8sApiCoreV1Service";
import { validate as budget } from "kubernetes-models/_schemas/IoK8sApiPolicyV1PodDisruptionBudget";

/** A validator, as the package has it made by ajv. */
interface Validate {
  (data: unknown): boolean;
  errors?: readonly { readonly instancePath: string; readonly message?: string }[] | null;
}

const VALIDATORS: Readonly<Record<string, Validate>> = {
  "apps/v1 Deployment": deployment as Validate,
  "apps/v1 StatefulSet": statefulSet as Validate,
  "autoscaling/v2 HorizontalPodAutoscaler": autoscaler as Validate,
  "policy/v1 PodDisruptionBudget": budget as Validate,
  "v1 Secret": secret as Validate,
  "v1 Service": service as Validate,
};

/** An object of Kubernetes. */
export interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string };
  // deno-lint-ignore no-explicit-any
  readonly spec: any;
}

/** What is wrong with a manifest: paths, each with why. */
export function findFaults(manifest: Manifest): string[] {
  const validate = VALIDATORS[`${manifest.apiVersion} ${manifest.kind}`];
  if (validate === undefined) return [`/kind: no schema of ${manifest.kind} is at hand`];
  const unread = new Set<string>();
  validate(watched(manifest, "", unread));
  const errors = validate.errors ?? [];
  return [
    ...errors.map(({ instancePath, message }) => `${instancePath}: ${message ?? "is not valid"}`),
    ...[...unread].map((path) => `${path}: is unknown`),
  ];
}

/** The same value; takes out of `unread` the path of each member of it that is read. */
function watched(value: unknown, path: string, unread: Set<string>): unknown {
  if (typeof value !== "object" || value === null) return value;
  for (const name of Object.keys(value)) unread.add(`${path}/${name}`);
  return new Proxy(value, {
    get(target, name) {
      const member = Reflect.get(target, name);
      if (!Object.hasOwn(target, name)) return member;
      const at = `${path}/${String(name)}`;
      unread.delete(at);
      return watched(member, at, unread);
    },
  });
}
