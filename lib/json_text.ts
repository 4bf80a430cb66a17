/**
 * JSON as text: what can be told of it without building its values, and without losing how they are
 * written.
 */

/** A string literal with its quotes, a bracket or a comma. */
interface Token {
  readonly kind: "string" | "open" | "close" | "comma";
  /** Where it stands: from `start` up to `end`, `end` not included. */
  readonly start: number;
  readonly end: number;
}

/**
 * Splits values that stand side by side, each as it was written.
 *
 * @param json valid JSON values separated by commas, or nothing
 *
 * @example
 * ```ts
 * import { deepStrictEqual } from "node:assert";
 * import { splitValues } from "./json_text.ts";
 *
 * deepStrictEqual(splitValues('{"a":"},{"} , [1,2],3'), ['{"a":"},{"}', "[1,2]", "3"]);
 * ```
 */
export function splitValues(json: string): string[] {
  const values: string[] = [];
  let depth = 0, start = 0;
  for (const token of tokens(json)) {
    if (token.kind === "open") depth++;
    if (token.kind === "close") depth--;
    if (token.kind !== "comma" || depth > 0) continue;
    values.push(json.slice(start, token.start).trim());
    start = token.end;
  }
  const last = json.slice(start).trim();
  if (last !== "") values.push(last);
  return values;
}

/**
 * Whether some string of a JSON text, be it a name or one that a later member of the same name hides,
 * holds U+0000 or a lone surrogate.
 *
 * @param json a valid JSON text
 */
export function holdsBadText(json: string): boolean {
  for (const { kind, start, end } of tokens(json)) {
    if (kind === "string" && isBadText(JSON.parse(json.slice(start, end)))) return true;
  }
  return false;
}

/** Whether PostgreSQL cannot hold a text: U+0000 or a lone surrogate is in it. */
export function isBadText(text: string): boolean {
  return text.includes("\0") || !text.isWellFormed();
}

function* tokens(json: string): Generator<Token> {
  for (let at = 0; at < json.length; at++) {
    switch (json[at]) {
      case '"': {
        const end = endOfString(json, at);
        yield { kind: "string", start: at, end };
        at = end - 1;
        break;
      }
      case "{":
      case "[":
        yield { kind: "open", start: at, end: at + 1 };
        break;
      case "}":
      case "]":
        yield { kind: "close", start: at, end: at + 1 };
        break;
      case ",":
        yield { kind: "comma", start: at, end: at + 1 };
    }
  }
}

/** Where a string literal ends; `start` is its first quote. */
function endOfString(json: string, start: number): number {
  for (let at = start + 1;; at++) {
    const char = json[at];
    if (char === "\\") at++;
    else if (char === '"' || char === undefined) return at + 1;
  }
}
