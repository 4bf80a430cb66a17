/**
 * A discrete simulation of the path: batches wait before each step for a thread and for a core, service
 * times vary, arrivals come at random. It knows costs and threads, and nothing of the model's formulas.
 */
import { randomFrom } from "../helpers/random.ts";
import { COSTS_US } from "./costs.ts";
import { type Layout, statementUs } from "./model.ts";

/** What is sent, and what happens meanwhile. */
export interface Scenario {
  /** Events a second. */
  readonly rate: number;
  readonly seconds: number;
  /** From when to when PostgreSQL is away. */
  readonly away?: readonly [from: number, to: number];
  /** Events that may be pending; beyond, a batch is refused and not sent again. */
  readonly queueMaxEvents?: number;
}

/** What came of it. */
export interface Outcome {
  readonly refusedEvents: number;
  /** Events committed a second over the second half, when all queues have their length. */
  readonly committedPerSecond: number;
  /** Events accepted and not committed at the end. */
  readonly backlog: number;
  /** Age of the oldest of them, in seconds. */
  readonly lag: number;
  /** When PostgreSQL was back and nothing was pending for the first time; undefined: never. */
  readonly caughtUpAt: number | undefined;
}

/** A batch: one delivery. */
interface Batch {
  readonly at: number;
}

/** A batch that a thread works on, as soon as a core is free and for a slice at a time. */
interface Job {
  readonly step: Step;
  readonly batch: Batch;
  left: number;
}

/** Cores, and who waits for one. */
interface Machine {
  free: number;
  readonly ready: Job[];
}

/** A step with its queue. */
interface Step {
  readonly threads: number;
  readonly us: number;
  readonly machine: Machine;
  readonly next: Step | undefined;
  readonly waiting: Batch[];
  busy: number;
}

/** Events of a batch, as of a delivery that leaves at once. */
const BATCH = 1_000;

/** How long a job has a core before others have their turn, in seconds: as an operating system has it. */
const SLICE = 0.002;

/** Runs a scenario; the same seed gives the same. */
export function simulate(layout: Layout, scenario: Scenario, seed = 1): Outcome {
  const { rate, seconds, away = [Infinity, Infinity], queueMaxEvents = Infinity } = scenario;
  const source = randomFrom(seed);
  const random = () => source.below(1e9) / 1e9;
  const { steps, machines } = toSteps(layout);
  const slices: { at: number; job: Job }[] = [];
  const pending: Batch[] = [];
  let [refusedEvents, committedLate] = [0, 0];
  let caughtUpAt: number | undefined;

  const begin = (now: number) => {
    for (const step of steps) {
      if (step.next === undefined && now >= away[0] && now < away[1]) continue;
      while (step.busy < step.threads && step.waiting.length > 0) {
        step.busy++;
        const left = BATCH * step.us * (0.5 + random()) / 1e6;
        step.machine.ready.push({ step, batch: step.waiting.shift()!, left });
      }
    }
    for (const machine of machines) {
      while (machine.free > 0 && machine.ready.length > 0) {
        machine.free--;
        const job = machine.ready.shift()!;
        const slice = Math.min(SLICE, job.left);
        job.left -= slice;
        insert(slices, { at: now + slice, job });
      }
    }
  };
  const endSlice = (now: number, job: Job) => {
    const { step, batch, left } = job;
    step.machine.free++;
    if (left > 0) return step.machine.ready.push(job);
    step.busy--;
    if (step.next !== undefined) return step.next.waiting.push(batch);
    pending.splice(pending.indexOf(batch), 1);
    if (now > seconds / 2) committedLate += BATCH;
    if (now >= away[1] && pending.length === 0) caughtUpAt ??= now;
  };
  const arrive = (now: number) => {
    if (BATCH * pending.length >= queueMaxEvents) {
      refusedEvents += BATCH;
      return;
    }
    const batch = { at: now };
    pending.push(batch);
    steps[0]!.waiting.push(batch);
  };

  for (let now = 0, arrival = 0;;) {
    const end = slices[0]?.at ?? Infinity;
    const back = now < away[1] ? away[1] : Infinity;
    now = Math.min(arrival, end, back);
    if (now > seconds) break;
    if (now === end) endSlice(now, slices.shift()!.job);
    else if (now === arrival) {
      arrive(now);
      arrival = now - Math.log(1 - random()) * BATCH / rate;
    }
    begin(now);
  }
  return {
    refusedEvents,
    committedPerSecond: committedLate / (seconds / 2),
    backlog: BATCH * pending.length,
    lag: pending.length === 0 ? 0 : seconds - pending[0]!.at,
    caughtUpAt,
  };
}

/** The steps in the order of the path, and where they run. */
function toSteps(layout: Layout): { steps: Step[]; machines: Machine[] } {
  const { aggregators, aggregatorCores, connections, databaseCores } = layout;
  const machine = (cores: number): Machine => ({ free: cores, ready: [] });
  const step = (threads: number, us: number, machine: Machine, next?: Step): Step => ({
    threads,
    us,
    machine,
    next,
    waiting: [],
    busy: 0,
  });
  const front = machine(
    databaseCores === undefined ? aggregatorCores : aggregators * aggregatorCores,
  );
  const back = databaseCores === undefined ? front : machine(databaseCores);
  const apply = step(connections, COSTS_US.read + statementUs(layout), back);
  const sync = step(aggregators, COSTS_US.sync, front, apply);
  const http = step(aggregators, COSTS_US.http, front, sync);
  return { steps: [http, sync, apply], machines: [...new Set([front, back])] };
}

/** Inserts in order of time. */
function insert<T extends { at: number }>(ordered: T[], item: T) {
  let at = ordered.length;
  while (at > 0 && ordered[at - 1]!.at > item.at) at--;
  ordered.splice(at, 0, item);
}
