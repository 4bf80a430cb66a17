/**
 * An event as a line of a terminal.
 */
import { styleText } from "node:util";
import { z } from "zod";

const shown = z.object({
  timestamp: z.string(),
  topic: z.string(),
  source: z.string(),
  payload: z.object({ content: z.string() }),
});

/**
 * An event's JSON as one line: time, topic, source and content.
 *
 * @param colored whether to use colours
 */
export function lineOf(json: string, colored: boolean): string {
  const { timestamp, topic, source, payload } = shown.parse(JSON.parse(json));
  const style = (format: "dim" | "cyan" | "yellow", text: string) =>
    colored ? styleText(format, escaped(text), { validateStream: false }) : escaped(text);
  return [
    style("dim", timestamp),
    style("cyan", topic),
    style("yellow", source),
    escaped(payload.content),
  ].join("  ");
}

/**
 * A text that cannot drive a terminal: control and format characters as JSON escapes, bidirectional
 * ones among them. JSON stays the same JSON.
 *
 * @example
 * ```ts
 * import { strictEqual } from "node:assert";
 * import { escaped } from "./tail_line.ts";
 *
 * strictEqual(escaped("\x1b[2Jä\u202e"), "\\u001b[2Jä\\u202e");
 * ```
 */
export function escaped(text: string): string {
  return text.replaceAll(
    /[\p{Cc}\p{Cf}\u2028\u2029]/gu,
    (character) =>
      character.split("").map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`)
        .join(""),
  );
}
