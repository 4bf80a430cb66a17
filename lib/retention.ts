/**
 * How long events are kept: rules by topic, of which the first that matches counts. Where none does,
 * events are kept for ever.
 *
 *   app.debug.>=1d,audit.>=forever,*=30d
 */
import { topicPattern } from "./sql/events.ts";

/** How long the events of some topics are kept. */
export interface RetentionRule {
  /** A topic, a pattern (`*` is one level, `>` all that follow), or `*` alone: every topic. */
  readonly topic: string;
  /** From their receipt, milliseconds; infinite: for ever. */
  readonly keptMs: number;
}

/** The rules in their order; none: all events are kept for ever. */
export type Retention = readonly RetentionRule[];

const UNITS_MS = {
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
  y: 31_536_000_000,
} as const;

/** Longer than that is for ever. */
const LONGEST_MS = 100 * UNITS_MS.y;

const EVERY_TOPIC = "*";

/**
 * Reads rules: `topic=age` by commas, or an age alone for every topic. An age is a whole number with its
 * unit (s, m, h, d, w, y) up to 100y, or `forever`.
 *
 * @throws {RangeError} if they are not usable; the message says what they must be
 *
 * @example
 * ```ts
 * import { deepStrictEqual } from "node:assert";
 * import { parseRetention } from "./retention.ts";
 *
 * deepStrictEqual(parseRetention("30d"), [{ topic: "*", keptMs: 2_592_000_000 }]);
 * deepStrictEqual(parseRetention("audit.>=forever, 1h"), [
 *   { topic: "audit.>", keptMs: Infinity },
 *   { topic: "*", keptMs: 3_600_000 },
 * ]);
 * ```
 */
export function parseRetention(text: string): Retention {
  const rules = text.split(",").map((rule) => parseRule(rule.trim()));
  for (const [at, { topic }] of rules.entries()) {
    const before = rules.slice(0, at).find((rule) => covers(rule.topic, topic));
    if (before === undefined) continue;
    throw new RangeError(
      `in an order in which each rule applies: "${topic}" never does after "${before.topic}"`,
    );
  }
  return rules;
}

function parseRule(rule: string): RetentionRule {
  const [, topic = EVERY_TOPIC, age, number, unit] =
    /^(?:([^=]+)=)?(forever|([1-9]\d{0,9})([smhdwy]))$/s.exec(rule) ?? [];
  const keptMs = age === "forever"
    ? Infinity
    : Number(number) * UNITS_MS[unit as keyof typeof UNITS_MS];
  if (age === "forever" || keptMs <= LONGEST_MS) return { topic: topic.trim(), keptMs };
  throw new RangeError(
    "an age such as 30d, or ages by topic such as app.debug.>=1d,audit.>=forever,*=30d " +
      "(units s, m, h, d, w, y; up to 100y)",
  );
}

/** How long the events of a topic are kept, milliseconds; infinite: for ever. */
export function keptMs(retention: Retention, topic: string): number {
  return retention.find((rule) => matches(rule.topic, topic))?.keptMs ?? Infinity;
}

/** The same in whole seconds, null for ever. */
export function secondsKept(retention: Retention, topic: string): number | null {
  const ms = keptMs(retention, topic);
  return ms === Infinity ? null : ms / 1000;
}

function matches(rule: string, topic: string): boolean {
  if (rule === EVERY_TOPIC) return true;
  const expression = expressionOf(rule);
  return expression === undefined ? rule === topic : expression.test(topic);
}

/** Rules are few and asked about each topic again and again. */
const expressions = new Map<string, RegExp | undefined>();

function expressionOf(rule: string): RegExp | undefined {
  if (!expressions.has(rule)) {
    const pattern = topicPattern(rule);
    expressions.set(rule, pattern === undefined ? undefined : new RegExp(pattern, "s"));
  }
  return expressions.get(rule);
}

/** Whether all topics of a second rule are a first one's as well: if its shortest ones are. */
function covers(first: string, second: string): boolean {
  return examplesOf(second).every((topic) => matches(first, topic));
}

/** The shortest topics of a rule, with levels that no rule names: U+0000 is in no topic. */
function examplesOf(rule: string): string[] {
  if (rule === EVERY_TOPIC) return examplesOf(">");
  const levels = rule.split(".").map((level) => level === "*" ? "\0" : level);
  if (levels.at(-1) !== ">") return [levels.join(".")];
  const stem = levels.slice(0, -1);
  return [[...stem, "\0"], [...stem, "\0", "\0"]].map((topic) => topic.join("."));
}
