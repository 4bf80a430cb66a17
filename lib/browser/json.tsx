/**
 * JSON as people read it: indented, coloured, and otherwise as it was written. It is never parsed, so
 * that numbers keep all their digits, and text that is no JSON is shown all the same.
 */

/** Spaces a level. */
const INDENT = 2;

/** What a piece of JSON is; the classes of the style sheet. */
type Kind = "key" | "string" | "number" | "literal" | "mark";

/** A piece of indented JSON. */
export interface Piece {
  readonly kind: Kind;
  readonly text: string;
}

const TOKEN = /"(?:[^"\\]|\\.)*"|-?\d[\d.eE+-]*|[a-z]+|[{}[\],:]|\S/g;

/**
 * Cuts JSON into pieces, blanks and line ends between them new.
 *
 * @example
 * ```ts
 * import { strictEqual } from "node:assert";
 * import { indentJson } from "./json.tsx";
 *
 * const pieces = indentJson('{"a":[1.50,{}]}');
 * strictEqual(pieces.map(({ text }) => text).join(""), '{\n  "a": [\n    1.50,\n    {}\n  ]\n}');
 * ```
 */
export function indentJson(json: string): Piece[] {
  const tokens = json.match(TOKEN) ?? [];
  const pieces: Piece[] = [];
  let depth = 0;
  const lineEnd = () => "\n" + " ".repeat(INDENT * depth);
  for (const [at, text] of tokens.entries()) {
    const isEmpty = /^[{[]$/.test(tokens[at - 1] ?? "");
    if (/^[}\]]$/.test(text)) {
      depth = Math.max(0, depth - 1);
      pieces.push({ kind: "mark", text: isEmpty ? text : lineEnd() + text });
    } else if (/^[{[]$/.test(text)) {
      depth++;
      const closes = /^[}\]]$/.test(tokens[at + 1] ?? "");
      pieces.push({ kind: "mark", text: closes ? text : text + lineEnd() });
    } else if (text === ",") {
      pieces.push({ kind: "mark", text: text + lineEnd() });
    } else if (text === ":") {
      pieces.push({ kind: "mark", text: ": " });
    } else {
      pieces.push({ kind: kindOf(text, tokens[at + 1]), text });
    }
  }
  return pieces;
}

function kindOf(text: string, next: string | undefined): Kind {
  if (text.startsWith('"')) return next === ":" ? "key" : "string";
  return /^[-\d]/.test(text) ? "number" : "literal";
}

/** Shows JSON. */
export function Json({ text }: { text: string }) {
  return (
    <pre class="json">
      {indentJson(text).map(({ kind, text }, at) =>
        kind === "mark" ? text : <span key={at} class={kind}>{text}</span>
      )}
    </pre>
  );
}
