/**
 * JSON as text: what can be told of it without building its values, and without losing how they are
 * written.
 */

/** A string literal with its quotes, or a bracket. */
interface Token {
  readonly kind: "string" | "open" | "close";
  /** Where it stands: from `start` up to `end`, `end` not included. */
  readonly start: number;
  readonly end: number;
}

/**
 * Splits objects that stand side by side, each as it was written.
 *
 * @param json valid JSON objects separated by commas
 *
 * @example
 * ```ts
 * import { deepStrictEqual } from "node:assert";
 * import { splitObjects } from "./json_text.ts";
 *
 * deepStrictEqual(splitObjects('{"a":"},{"} , {"b":[1,{}]}'), ['{"a":"},{"}', '{"b":[1,{}]}']);
 * ```
 */
export function splitObjects(json: string): string[] {
  const objects: string[] = [];
  let depth = 0, start = 0;
  for (const token of tokens(json)) {
    if (token.kind === "open" && depth++ === 0) start = token.start;
    if (token.kind === "close" && --depth === 0) objects.push(json.slice(start, token.end));
  }
  return objects;
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
