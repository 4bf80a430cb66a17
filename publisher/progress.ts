/**
 * Progress while sending, on standard error: a bar on a terminal, a plain line a second elsewhere.
 */
import cliProgress from "cli-progress";
import type { Tally } from "./load.ts";
import { count } from "./report.ts";

const PLAIN_INTERVAL_MS = 1000;
const BAR_INTERVAL_MS = 100;

/** A display that follows a tally from start to stop; stopping twice, or before the start, is allowed. */
export interface Progress {
  start(): void;
  stop(): void;
}

/**
 * Makes a display of how far a run is.
 *
 * @param total events to send
 * @param terminal whether standard error can redraw a line
 */
export function createProgress(tally: Tally, total: number, terminal: boolean): Progress {
  return terminal ? bar(tally, total) : lines(tally, total);
}

function bar(tally: Tally, total: number): Progress {
  const bar = new cliProgress.SingleBar({
    format: "{bar} {percentage}% | {events} of {goal} events | {rate}{trouble}",
    hideCursor: true,
    // Signals are handled by the run itself, which also prints what was done so far.
    gracefulExit: false,
  }, cliProgress.Presets.shades_classic);
  const figures = () => ({
    events: count(tally.events),
    goal: count(total),
    rate: rate(tally),
    trouble: trouble(tally),
  });
  const draw = () => bar.update(tally.events, figures());
  let timer: ReturnType<typeof setInterval> | undefined;
  return {
    start() {
      bar.start(total, tally.events, figures());
      timer = setInterval(draw, BAR_INTERVAL_MS);
    },
    stop() {
      if (timer === undefined) return;
      clearInterval(timer);
      timer = undefined;
      draw();
      bar.stop();
    },
  };
}

function lines(tally: Tally, total: number): Progress {
  let timer: ReturnType<typeof setInterval> | undefined;
  const print = () => {
    const done = `${count(tally.events)} of ${count(total)} events`;
    console.error(`${done}, ${rate(tally)}${trouble(tally)}`);
  };
  return {
    start: () => timer = setInterval(print, PLAIN_INTERVAL_MS),
    stop: () => clearInterval(timer),
  };
}

/** Makes a way to tell why a run waits: a line a second at most, and none in the first second. */
export function createTeller(): (reason: string) => void {
  let toldAt = performance.now();
  return (reason) => {
    if (performance.now() - toldAt < PLAIN_INTERVAL_MS) return;
    toldAt = performance.now();
    console.error(`Waiting: ${reason}`);
  };
}

const rate = (tally: Tally) => `${count(tally.events / tally.elapsedMs() * 1000)} events/s`;

const trouble = ({ retries, lastFailure }: Tally) =>
  retries === 0 ? "" : `, retries: ${count(retries)} (${lastFailure})`;
