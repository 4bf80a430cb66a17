/**
 * JSON as it is published: UTF-8, and nothing but JSON.
 */
import { ProblemError } from "../errors.ts";
import { MAX_PAYLOAD_DEPTH } from "../limits.ts";

/** A value, and the text it was parsed from. */
export interface Parsed {
  readonly value: unknown;
  readonly text: string;
}

const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/**
 * Decodes UTF-8.
 *
 * @throws {ProblemError} 400 if it is none
 */
export function decodeText(bytes: Uint8Array): string {
  try {
    return decoder.decode(bytes);
  } catch {
    throw new ProblemError("malformed-json", "The body is not valid UTF-8");
  }
}

/**
 * Parses JSON.
 *
 * @throws {ProblemError} 400 if it is not UTF-8 or not JSON
 */
export function parseJson(bytes: Uint8Array): Parsed {
  const text = decodeText(bytes);
  return { value: parsed(() => JSON.parse(text)), text };
}

/** TypeScript's library does not have it yet. */
const { rawJSON, parse } = JSON as unknown as {
  rawJSON(text: string): object;
  parse(
    text: string,
    revive: (name: string, value: unknown, context: { readonly source?: string }) => unknown,
  ): unknown;
};

/**
 * The same for JSON that is put together anew: numbers that a double does not hold to the digit are
 * kept as they were written, as objects that only `JSON.stringify` can read.
 *
 * @throws {ProblemError} 400 if it is not UTF-8 or not JSON, 422 if it nests too deep to be looked at
 *
 * @example
 * ```ts
 * import { strictEqual } from "node:assert";
 * import { parseExactly } from "./parse.ts";
 *
 * const value = parseExactly(new TextEncoder().encode("[1.50, 12345678901234567890]"));
 * strictEqual(JSON.stringify(value), "[1.50,12345678901234567890]");
 * ```
 */
export function parseExactly(bytes: Uint8Array): unknown {
  const text = decodeText(bytes);
  return parsed(() =>
    parse(
      text,
      (_name, value, { source }) =>
        typeof value === "number" && Number.isFinite(value) && String(value) !== source
          ? rawJSON(source!)
          : value,
    )
  );
}

/** What is said where the runtime's stack ends, at some thousand levels; what can be stored has far fewer. */
export const TOO_DEEP = `nests deeper than ${MAX_PAYLOAD_DEPTH} levels`;

function parsed(parse: () => unknown): unknown {
  try {
    return parse();
  } catch (error) {
    if (error instanceof SyntaxError) throw new ProblemError("malformed-json", error.message);
    if (!(error instanceof RangeError)) throw error;
    const errors = [{ path: "", message: TOO_DEEP }];
    throw new ProblemError("invalid-event", "Nothing of this request was stored", { errors });
  }
}
