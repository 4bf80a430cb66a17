/**
 * How long a publisher prefers to wait for its answer: the `Prefer` header of RFC 7240.
 */
import { MAX_WAIT_SECONDS } from "./limits.ts";

/** What of it is understood here. The rest is ignored, as it has to be. */
export interface Preferences {
  /** Whole seconds to wait for verdicts, 1 to {@linkcode MAX_WAIT_SECONDS}. */
  readonly waitSeconds: number | undefined;
  /** Whether an answer before the verdicts will do. */
  readonly respondAsync: boolean;
}

/**
 * Reads the header. Of a preference that comes twice the first counts; a wait that is too long is cut.
 *
 * @param header null if there is none
 *
 * @example
 * ```ts
 * import { deepStrictEqual } from "node:assert";
 * import { parsePrefer } from "./prefer.ts";
 *
 * deepStrictEqual(parsePrefer("respond-async, wait=5"), { waitSeconds: 5, respondAsync: true });
 * deepStrictEqual(parsePrefer("wait=soon"), { waitSeconds: undefined, respondAsync: false });
 * ```
 */
export function parsePrefer(header: string | null): Preferences {
  if (header === null) return NONE;
  const given = new Map<string, string>();
  for (const [text] of header.matchAll(/(?:"(?:\\.|[^"\\])*"?|[^",])+/g)) {
    const [, name, quoted, token] = PREFERENCE.exec(text) ?? [];
    if (name === undefined || given.has(name.toLowerCase())) continue;
    given.set(name.toLowerCase(), quoted ?? token ?? "");
  }
  const wait = given.get("wait") ?? "";
  const seconds = /^\d+$/.test(wait) ? Math.min(Number(wait), MAX_WAIT_SECONDS) : 0;
  return {
    waitSeconds: seconds === 0 ? undefined : seconds,
    respondAsync: given.get("respond-async") === "",
  };
}

const NONE: Preferences = { waitSeconds: undefined, respondAsync: false };

/** `name`, `name="value"` or `name=value`, perhaps with parameters behind it. */
const PREFERENCE = /^\s*([\w!#$%&'*+.^`|~-]+)\s*(?:=\s*(?:"([^"\\]*)"|([^\s";]*)))?\s*(?:;|$)/;

/**
 * The headers that say which preferences were honoured; none where none were given.
 *
 * @param answered whether the answer holds the verdicts
 */
export function preferenceHeaders(
  { waitSeconds, respondAsync }: Preferences,
  answered: boolean,
): Record<string, string> {
  const applied = [
    ...(respondAsync && !answered ? ["respond-async"] : []),
    ...(waitSeconds === undefined ? [] : [`wait=${waitSeconds}`]),
  ];
  if (applied.length === 0) return {};
  return { "preference-applied": applied.join(", "), vary: "Prefer" };
}
