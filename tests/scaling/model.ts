/**
 * The capacity model: how many events a second an installation takes, what of it can do no more, and
 * what follows for backlog, lag and disks. Pure functions; simulate.ts checks their claims.
 */
import { BYTES, COSTS_US, REPEATS } from "./costs.ts";

/** An installation. */
export interface Layout {
  /** Processes that take events in, each with one HTTP thread and one sync at a time. */
  readonly aggregators: number;
  /** Cores of the machine of each aggregator. */
  readonly aggregatorCores: number;
  /** Connections on which consumers apply deliveries, of all processes together. */
  readonly connections: number;
  /** Cores of PostgreSQL's machine; undefined: all runs on the first aggregator's machine. */
  readonly databaseCores: number | undefined;
  /** What is left of the statement's rate, of {@linkcode GROWTH}; 1: a store with few rows. */
  readonly growth: number;
}

/** A part that can do so much and no more, in events a second. */
export interface Limit {
  readonly part: string;
  readonly rate: number;
}

const SECOND_US = 1e6;

/** What the statement costs in this store. */
export const statementUs = ({ growth }: Layout) => COSTS_US.statement / growth;

/** What each part can do, the lowest first. */
export function limits(layout: Layout): Limit[] {
  const { aggregators, aggregatorCores, connections, databaseCores } = layout;
  const front = COSTS_US.http + COSTS_US.sync;
  const statement = statementUs(layout);
  const rate = (part: string, servers: number, us: number) => ({
    part,
    rate: servers * SECOND_US / us,
  });
  const found = [
    rate("HTTP threads", aggregators, COSTS_US.http),
    rate("syncs of journals", aggregators, COSTS_US.sync),
    rate("connections", connections, COSTS_US.read + statement),
    ...databaseCores === undefined
      ? [rate("the machine's cores", aggregatorCores, front + COSTS_US.read + statement)]
      : [
        rate("the aggregators' cores", aggregators * aggregatorCores, front),
        rate("PostgreSQL's cores", databaseCores, statement),
      ],
  ];
  return found.sort((a, b) => a.rate - b.rate);
}

/** Events a second that can go on for ever, and the part that allows no more. */
export const capacity = (layout: Layout): Limit => limits(layout)[0]!;

/** Events pending after so many seconds of a rate, where nothing is refused. */
export function backlogAfter(layout: Layout, rate: number, seconds: number): number {
  return Math.max(0, rate - committedAt(layout, rate)) * seconds;
}

/** Events committed a second at a rate: on one machine, what is accepted takes its cores first. */
export function committedAt(layout: Layout, rate: number): number {
  if (layout.databaseCores !== undefined) return Math.min(rate, capacity(layout).rate);
  const front = rate * (COSTS_US.http + COSTS_US.sync);
  const left = layout.aggregatorCores * SECOND_US - front;
  const others = limits(layout).filter(({ part }) => part !== "the machine's cores");
  return Math.min(rate, others[0]!.rate, left / (COSTS_US.read + statementUs(layout)));
}

/** Age in seconds of the oldest pending event behind a backlog that came at a rate. */
export const lagOf = (backlog: number, rate: number) => backlog / rate;

/**
 * Seconds until nothing is pending after PostgreSQL was away, events coming all the while.
 *
 * @returns Infinity where as many come as can be committed
 */
export function catchUpSeconds(layout: Layout, rate: number, awaySeconds: number): number {
  const spare = capacity(layout).rate - rate;
  return spare > 0 ? awaySeconds * rate / spare : Infinity;
}

/** Seconds for which the journals take events while PostgreSQL is away. */
export function awaySeconds(aggregators: number, rate: number, queueMaxEvents: number): number {
  return aggregators * queueMaxEvents / rate;
}

/**
 * Bytes of whole pages in PostgreSQL's log for each event with a random id: the first change of a page
 * after a checkpoint takes all of the page with it.
 *
 * @param rows rows whose keys are in the index
 * @param events received from one checkpoint to the next
 */
export function imageBytes(rows: number, events: number): number {
  const pages = rows * BYTES.key / BYTES.page;
  const touched = pages * (1 - Math.exp(-events / pages));
  return touched * BYTES.page / events;
}

/** A machine for a part of the store. */
export interface Node {
  readonly cores: number;
  readonly memoryBytes: number;
  readonly diskBytes: number;
  /** Random reads or writes of a page, a second. */
  readonly pagesPerSecond: number;
  /** Bytes a second that its log's disk takes in the long run. */
  readonly logBytesPerSecond: number;
}

/** What a store is to hold. */
export interface Demand {
  /** Events a second, repeats included. */
  readonly rate: number;
  /** Keys that it is to know. */
  readonly keys: number;
  readonly randomIds: boolean;
  readonly checkpointSeconds: number;
}

/** How far a part is used when it is planned for: disks fill, and a node's load goes to the others. */
export const PLANNED_SHARE = 0.6;

/** Nodes that each part of the machine asks for, one copy of the data, the most first. */
export function nodesFor(demand: Demand, node: Node): { part: string; nodes: number }[] {
  const { rate, keys, randomIds, checkpointSeconds } = demand;
  const images = randomIds ? imageBytes(keys, rate * checkpointSeconds) : 0;
  const ask = (part: string, wanted: number, has: number) => ({
    part,
    nodes: Math.ceil(wanted / (PLANNED_SHARE * has)),
  });
  return [
    ask("disk", keys * BYTES.row, node.diskBytes),
    ask("cores", rate * COSTS_US.statement / SECOND_US, node.cores),
    randomIds
      ? { part: "key index", nodes: nodesForKeys(keys, rate, images / BYTES.page, node) }
      : ask("key index", 0, node.pagesPerSecond),
    ask("log", rate * (BYTES.log + images), node.logBytesPerSecond),
  ].sort((a, b) => b.nodes - a.nodes);
}

/**
 * Nodes for an index of random keys: enough memory to hold it, or disks that read a page for each event.
 *
 * @param written pages that an event has written, some time later
 */
function nodesForKeys(keys: number, rate: number, written: number, node: Node): number {
  const onDisk = rate * (1 + written) / (PLANNED_SHARE * node.pagesPerSecond);
  const inMemory = keys * BYTES.key / (PLANNED_SHARE * node.memoryBytes);
  return Math.ceil(Math.min(onDisk, Math.max(inMemory, rate * written / node.pagesPerSecond)));
}

/** Days until so many keys have come at a rate, of which some are repeats. */
export const daysUntil = (keys: number, rate: number) => keys / (rate * (1 - REPEATS)) / 86_400;
