/**
 * Do charts get what happened, in the slot in which it happened, and say where nothing is known?
 */
import assert from "node:assert/strict";
import { History } from "../lib/history.ts";
import {
  HISTORY_WINDOWS,
  MAX_HISTORY_TOPICS,
  MAX_TIMESERIES_TOPICS,
  RATE_WINDOW_MS,
} from "../lib/limits.ts";
import { NOTHING } from "../lib/outcome.ts";
import type { Outcome } from "../lib/protocol.ts";
import type { Column, Window } from "../lib/timeseries.ts";

/** A whole multiple of all steps. */
const START = Date.UTC(2026, 10, 22, 9, 30);

const WINDOWS = Object.keys(HISTORY_WINDOWS) as Window[];

/** A delivery of one topic. */
function outcome(topic: string, received: number, stored: number): Outcome {
  const groups = [{ topic, source: "s", received, stored }];
  return { ...NOTHING, received, stored, duplicates: received - stored, groups };
}

const sum = (column: Column) => column.reduce<number>((all, value) => all + (value ?? 0), 0);

Deno.test("timeseries() holds a column of the window's points for each number", () => {
  for (const window of WINDOWS) {
    const { stepMs, points } = HISTORY_WINDOWS[window];
    const history = new History(START);
    const { at, step_ms, commit_ms, window: _, ...columns } = history.timeseries(window, START);
    assert.equal(step_ms, stepMs);
    assert.equal(at.length, points);
    assert.deepEqual([at[0], at.at(-1)], [START - points * stepMs, START - stepMs]);
    for (const column of [...Object.values(columns), ...Object.values(commit_ms)]) {
      assert.equal(column.length, points);
    }
  }
});

Deno.test("timeseries() counts in the slot in which it happened, in every window", () => {
  const history = new History(START);
  history.accept(10, 1, START + 500);
  history.apply({ ...NOTHING, received: 10, stored: 6, duplicates: 3 }, 4, START + 60_000);
  for (const window of WINDOWS) {
    const { stepMs } = HISTORY_WINDOWS[window];
    const series = history.timeseries(window, START + 90_000 - 500);
    const slot = series.at.indexOf(START + 60_000 - 60_000 % stepMs);
    if (window !== "1h") {
      assert.deepEqual(
        [series.stored[slot], series.duplicates[slot], series.dead_letters[slot]],
        [6, 3, 1],
      );
    }
    assert.equal(sum(series.stored), window === "1h" ? 0 : 6, "the slot that runs is left out");
    const later = history.timeseries(window, START + 90_000);
    const [accepted] = window === "1m" ? [0] : [10];
    assert.equal(sum(later.accepted), accepted);
    assert.deepEqual([sum(later.stored), sum(later.duplicates), sum(later.dead_letters)], [
      6,
      3,
      1,
    ]);
  }
});

Deno.test("timeseries() is null before the start, and 0 where nothing came since", () => {
  const history = new History(START + 2_500);
  const { at, stored, pending } = history.timeseries("1m", START + 5_000);
  for (const column of [stored, pending]) {
    assert.deepEqual(column.slice(-4), [null, 0, 0, 0], "the slot of the start counts");
    assert.ok(column.slice(0, -3).every((value) => value === null));
  }
  assert.equal(at.at(-3), START + 2_000);
});

Deno.test("timeseries() shows the most that was pending, and the longest lag, of each slot", () => {
  const history = new History(START);
  history.look(100, 20, START + 10_000);
  history.look(700, 10, START + 11_000);
  history.look(300, 15, START + 20_000);
  const { pending, lag_ms } = history.timeseries("15m", START + 30_000);
  assert.deepEqual(pending.slice(-2), [700, 300]);
  assert.deepEqual(lag_ms.slice(-2), [20, 15]);
});

Deno.test("timeseries() shows the percentiles of the commits of each slot, null without any", () => {
  const history = new History(START);
  for (let ms = 1; ms <= 100; ms++) history.apply(NOTHING, ms, START + 1_000);
  const { commit_ms } = history.timeseries("1m", START + 3_000);
  for (const [name, exact] of [["p50", 50], ["p95", 95], ["p99", 99]] as const) {
    const [found, after] = commit_ms[name].slice(-2);
    assert.ok(Math.abs(found! / exact - 1) < 0.1, `${name} is ${found}`);
    assert.equal(after, null);
  }
});

Deno.test("commitLatency() and acceptLatency() are over the last minute, null without any", () => {
  const history = new History(START);
  assert.deepEqual([history.commitLatency(START), history.acceptLatency(START)], [null, null]);
  history.apply(NOTHING, 20, START);
  history.accept(1, 2, START);
  const close = (found: number | undefined, exact: number) =>
    assert.ok(Math.abs(found! / exact - 1) < 0.1, `${found}, not ${exact}`);
  close(history.commitLatency(START)?.p50, 20);
  close(history.acceptLatency(START + 60_000)?.p99, 2);
  assert.equal(history.acceptLatency(START + 61_000), null);
  assert.equal(history.commitLatency(START + 61_000), null);
});

Deno.test("topicTimeseries() has the numbers of one topic", () => {
  const history = new History(START);
  history.apply(outcome("a", 5, 3), 1, START);
  history.apply(outcome("b", 7, 7), 1, START);
  const a = history.topicTimeseries("1m", "a", START + 2_000);
  assert.deepEqual([a.topic, a.stored.slice(-2), a.duplicates.slice(-2)], ["a", [3, 0], [2, 0]]);
  const never = history.topicTimeseries("1m", "never", START + 2_000);
  assert.deepEqual(never.stored.slice(-3), [null, 0, 0]);
});

Deno.test("a topic beyond the bound is not kept, and said to be unknown until one was idle for an hour", () => {
  const history = new History(START);
  for (let n = 0; n < MAX_HISTORY_TOPICS; n++) history.apply(outcome(`t${n}`, 1, 1), 1, START);
  history.apply(outcome("late", 4, 4), 1, START);
  const unknown = history.topicTimeseries("1m", "late", START + 1_000);
  assert.ok(unknown.stored.every((value) => value === null));
  assert.equal(history.topicRate("late", START + 1_000), null);
  const hour = 3_600_000;
  history.apply(outcome("late", 4, 4), 1, START + hour + 1);
  assert.equal(history.topicTimeseries("1m", "late", START + hour + 1_000).stored.at(-1), 4);
});

Deno.test("timeseriesByTopic() has those that received most, and the rest together", () => {
  const history = new History(START);
  const topics = MAX_TIMESERIES_TOPICS + 5;
  for (let n = 1; n <= topics; n++) history.apply(outcome(`t${n}`, n + 1, n), 1, START);
  // What a delivery does not tell by topic.
  history.apply({ ...NOTHING, received: 9, stored: 8, duplicates: 1 }, 1, START);
  const by = history.timeseriesByTopic("1m", START + 1_000);
  assert.equal(by.topics.length, MAX_TIMESERIES_TOPICS);
  assert.deepEqual([by.topics[0]!.topic, by.topics.at(-1)!.topic], [`t${topics}`, "t6"]);
  assert.deepEqual([by.other.stored.at(-1), by.other.duplicates.at(-1)], [15 + 8, 5 + 1]);
  const all = history.timeseries("1m", START + 1_000);
  assert.equal(
    by.topics.reduce((total, { stored }) => total + sum(stored), sum(by.other.stored)),
    sum(all.stored),
  );
});

Deno.test("topicRate() is the mean over the last seconds, 0 where nothing ever came", () => {
  const history = new History(START);
  history.apply(outcome("a", 500, 300), 1, START);
  assert.equal(history.topicRate("a", START), 0, "the second that runs is left out");
  assert.equal(history.topicRate("a", START + 1_000), 500 / (RATE_WINDOW_MS / 1_000));
  assert.equal(history.topicRate("a", START + 1_000 + RATE_WINDOW_MS), 0);
  assert.equal(history.topicRate("b", START), 0);
});
