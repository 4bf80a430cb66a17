/**
 * What deliveries come to, put together.
 */
import { OUTCOME_GROUPS, OUTCOME_REPEATED_KEYS } from "./limits.ts";
import type { Group, Outcome } from "./protocol.ts";

/** Of a delivery that holds nothing that is due. */
export const NOTHING: Outcome = {
  received: 0,
  stored: 0,
  duplicates: 0,
  groups: [],
  repeated: [],
};

/**
 * What two parts of a delivery came to together, within the bounds of one outcome.
 *
 * @example
 * ```ts
 * import { deepStrictEqual } from "node:assert";
 * import { mergeOutcomes, NOTHING } from "./outcome.ts";
 *
 * const group = { topic: "t", source: "s", received: 2, stored: 1 };
 * const part = { ...NOTHING, received: 2, stored: 1, duplicates: 1, groups: [group] };
 * const { duplicates, groups } = mergeOutcomes(part, part);
 * deepStrictEqual({ duplicates, groups }, {
 *   duplicates: 2,
 *   groups: [{ topic: "t", source: "s", received: 4, stored: 2 }],
 * });
 * ```
 */
export function mergeOutcomes(one: Outcome, two: Outcome): Outcome {
  return {
    received: one.received + two.received,
    stored: one.stored + two.stored,
    duplicates: one.duplicates + two.duplicates,
    groups: mergeGroups([...one.groups, ...two.groups]),
    repeated: [...one.repeated, ...two.repeated].slice(0, OUTCOME_REPEATED_KEYS),
  };
}

function mergeGroups(groups: readonly Group[]): Group[] {
  const merged = new Map<string, Group>();
  for (const { topic, source, received, stored } of groups) {
    const name = JSON.stringify([topic, source]);
    const other = merged.get(name);
    merged.set(name, {
      topic,
      source,
      received: received + (other?.received ?? 0),
      stored: stored + (other?.stored ?? 0),
    });
  }
  return [...merged.values()].sort((a, b) => b.received - a.received).slice(0, OUTCOME_GROUPS);
}
