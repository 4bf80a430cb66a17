/**
 * Named points on the path of an event at which the service can be made to die: what `deno task
 * verify` proves the invariants with. Inert unless `FAULT` names one.
 *
 * `FAULT=committed:3:process` ends the process as `kill -9` would when a thread comes by the point
 * `committed` for the third time; with `:thread` only that thread ends, as an uncaught error would end it.
 */

/** The points, in the order of the path. */
export const FAULT_POINTS = [
  /** Validated, not in the journal yet; HTTP thread. */
  "accepted",
  /** In the journal and on disk, not answered yet; HTTP thread. */
  "journaled",
  /** The stream has acknowledged it, nobody knows yet; the relay, where there is a stream. */
  "published",
  /** Read from the journal or the stream, not applied yet; a consumer. */
  "delivered",
  /** Committed in PostgreSQL, not acked yet; a consumer. */
  "committed",
  /** Acked, not released in the journal yet; HTTP thread. */
  "acked",
  /** Released, and that is on disk; HTTP thread. */
  "released",
] as const;

export type FaultPoint = typeof FAULT_POINTS[number];

/** What dies, where and when. */
export interface Fault {
  readonly point: FaultPoint;
  /** At which time a thread comes by, from 1. */
  readonly pass: number;
  readonly kills: "process" | "thread";
}

let armed: Fault | undefined;
let passed = 0;

/** Arms a fault in this thread, or none. */
export function armFault(fault: Fault | undefined): void {
  armed = fault;
}

/** Says that this thread comes by a point; does not return where the fault strikes. */
export function passBy(point: FaultPoint): void {
  if (armed?.point !== point || ++passed < armed.pass) return;
  if (armed.kills === "process") Deno.kill(Deno.pid, "SIGKILL");
  reportError(new Error(`FAULT strikes at ${point}`));
  // A thread is ended a moment after its error; until then it does nothing more.
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
}
