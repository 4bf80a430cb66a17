/**
 * What dies in a round, and when: a function of the seed and the round's number alone, so that a
 * failure can be played again.
 *
 * The moment is a place in the stream of requests; what is on its way just then is up to the machine.
 */
import { type Fault, FAULT_POINTS, type FaultPoint } from "../../lib/fault.ts";
import { type Random, randomFrom } from "../helpers/random.ts";

/** Where a consumer's thread alone can end. */
const CONSUMER_POINTS = ["delivered", "committed"] as const satisfies readonly FaultPoint[];

/** One way to die. */
export type Kind =
  | "kill service"
  | "kill PostgreSQL"
  | "kill both"
  | "kill both, then their recovery"
  | "terminate backends"
  | `kill service at ${FaultPoint}`
  | `kill consumer at ${typeof CONSUMER_POINTS[number]}`
  | "kill NATS"
  | "kill NATS and what it holds"
  | "kill consume process"
  | `kill consume process at ${typeof CONSUMER_POINTS[number]}`
  | `kill NATS ${"node" | "leader" | "majority"}`
  | "kill all";

/**
 * One aggregator with a PostgreSQL of its own; two, of which the second uses that of the first; one whose
 * queue is a stream of NATS, and a process that consumes beside it; or two that only accept, two
 * processes that consume, three servers of NATS and a PostgreSQL, each by itself.
 */
export type Topology = "one" | "several" | "jetstream" | "cluster";

/** Those of a service with the queue in its process, in the order of reports. */
export const KINDS: readonly Kind[] = [
  "kill service",
  "kill PostgreSQL",
  "kill both",
  "kill both, then their recovery",
  "terminate backends",
  ...FAULT_POINTS.filter((point) => point !== "published")
    .map((point) => `kill service at ${point}` as const),
  ...CONSUMER_POINTS.map((point) => `kill consumer at ${point}` as const),
];

/** What befalls a process that consumes from a stream, and does nothing else. */
const CONSUME_KINDS: readonly Kind[] = [
  "kill consume process",
  ...CONSUMER_POINTS.map((point) => `kill consume process at ${point}` as const),
];

/** What a service with a stream may meet. */
export const JETSTREAM_KINDS: readonly Kind[] = [
  ...KINDS,
  "kill service at published",
  "kill NATS",
  "kill NATS and what it holds",
  ...CONSUME_KINDS,
];

/** What a cluster may meet; its services do not consume. */
export const CLUSTER_KINDS: readonly Kind[] = [
  "kill service",
  "kill PostgreSQL",
  "terminate backends",
  ...FAULT_POINTS.filter((point) => !CONSUMER_POINTS.some((one) => one === point))
    .map((point) => `kill service at ${point}` as const),
  ...CONSUME_KINDS,
  "kill NATS node",
  "kill NATS leader",
  "kill NATS majority",
  "kill all",
];

/** Those of any topology, in the order of reports. */
export const ALL_KINDS: readonly Kind[] = [...new Set([...JETSTREAM_KINDS, ...CLUSTER_KINDS])];

const KINDS_OF: Readonly<Record<Topology, readonly Kind[]>> = {
  one: KINDS,
  several: KINDS,
  jetstream: JETSTREAM_KINDS,
  cluster: CLUSTER_KINDS,
};

/** One round. */
export interface Plan {
  /** Its number, from 1. */
  readonly round: number;
  readonly topology: Topology;
  readonly kind: Kind;
  /** What the service is started with, where it is to die at a point of the path. */
  readonly fault: Fault | undefined;
  /** What is not killed at a point is killed after so many batches, and a moment more. */
  readonly burstBatches: number;
  readonly afterMs: number;
  /** Batches that must be acknowledged after the recovery. */
  readonly moreBatches: number;
  /** When the recovery is killed, after its start. */
  readonly recoveryMs: number;
  /** How often backends are terminated, and the pauses between. */
  readonly times: number;
  readonly betweenMs: number;
  /** Which of those of a cluster that are the same dies, as a remainder. */
  readonly victim: number;
}

/** Plans a round. @param round its number, from 1 */
export function planRound(seed: string, round: number, topology: Topology = "one"): Plan {
  const kind = kindOf(seed, round, KINDS_OF[topology]);
  const random = randomOf(`${seed} round ${round}`);
  return {
    round,
    topology,
    kind,
    fault: faultOf(kind, random),
    burstBatches: 50 + random.below(600),
    afterMs: random.below(25),
    moreBatches: 20 + random.below(40),
    recoveryMs: random.below(1_200),
    times: 2 + random.below(5),
    betweenMs: random.below(60),
    victim: random.below(6),
  };
}

/** A source of random numbers that a text decides (FNV-1a). */
export function randomOf(text: string): Random {
  let hash = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(text)) hash = Math.imul(hash ^ byte, 0x01000193);
  return randomFrom(hash);
}

/** All kinds in some order, then all in another, and so on: none is visited twice more than another. */
function kindOf(seed: string, round: number, kinds: readonly Kind[]): Kind {
  const at = round - 1;
  const cycle = Math.floor(at / kinds.length);
  return randomOf(`${seed} cycle ${cycle}`).shuffled(kinds)[at % kinds.length]!;
}

/**
 * How often a thread comes by each point within a second or two of load: requests are more than group
 * commits, these more than deliveries, of which each consumer has its share.
 */
const PASSES: Readonly<Record<FaultPoint, number>> = {
  accepted: 400,
  journaled: 150,
  published: 100,
  delivered: 10,
  committed: 10,
  acked: 20,
  released: 15,
};

function faultOf(kind: Kind, random: Random): Fault | undefined {
  const [, victim, point] = /^kill (service|consumer|consume process) at (\w+)$/.exec(kind) ?? [];
  if (point === undefined) return undefined;
  return {
    point: point as FaultPoint,
    pass: 1 + random.below(PASSES[point as FaultPoint]),
    kills: victim === "consumer" ? "thread" : "process",
  };
}
