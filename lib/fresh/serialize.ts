/**
 * Writes island props as text on the server, and reads them in the browser.
 *
 * The text is a JSON array. A value is the index of its element; equal primitives and identical
 * objects share one, so a signal given to two islands stays one signal. Negative numbers stand for
 * values that JSON lacks, `["Tag", …]` for objects that are not plain.
 */
import { computed, Signal, signal } from "@preact/signals";
import { isValidElement } from "preact";

/** Values that JSON lacks; the one at position `n` is written as `-1 - n`. */
const SENTINELS = [undefined, null, NaN, Infinity, -Infinity, -0];
/** Stands for an element that an array does not have. */
const HOLE = -7;

/**
 * Writes a value made of plain objects, arrays, primitives, dates and signals; cycles are fine.
 *
 * @throws {Error} if it contains anything else
 */
export function serialize(root: unknown): string {
  const out: string[] = [];
  const seen = new Map<unknown, number>();

  const write = (value: unknown): number => {
    const known = seen.get(value);
    if (known !== undefined) return known;
    const sentinel = SENTINELS.findIndex((candidate) => Object.is(candidate, value));
    if (sentinel !== -1) return -1 - sentinel;
    const index = out.push("") - 1;
    seen.set(value, index);
    out[index] = encode(value);
    return index;
  };

  const encode = (value: unknown): string => {
    if (typeof value === "function") throw new Error("Serializing functions is not supported.");
    if (Array.isArray(value)) {
      // Array.from visits holes, which map() would leave out.
      return `[${Array.from(value, (item, i) => i in value ? write(item) : HOLE).join(",")}]`;
    }
    if (value instanceof Date) return `["Date",${JSON.stringify(value)}]`;
    if (value instanceof Signal) {
      // Only signals that can be set have a setter for `value`.
      const { set } = Object.getOwnPropertyDescriptor(Object.getPrototypeOf(value), "value")!;
      return `["${set ? "Signal" : "Computed"}",${write(value.peek())}]`;
    }
    const kind = isValidElement(value) ? "JSX" : Object.prototype.toString.call(value).slice(8, -1);
    if (["String", "Number", "Boolean"].includes(kind)) return JSON.stringify(value);
    if (kind !== "Object") {
      throw new TypeError(`Cannot send island props to the browser: ${kind} is not supported`);
    }
    const fields = Object.entries(value as object).map(([key, item]) =>
      `${JSON.stringify(key)}:${write(item)}`
    );
    return `{${fields.join(",")}}`;
  };

  write(root);
  return `[${out.join(",")}]`;
}

/** Reads what {@linkcode serialize} wrote. */
export function deserialize(text: string): unknown {
  const raw = JSON.parse(text) as unknown[];
  const done: unknown[] = [];

  const read = (index: number): unknown => {
    if (index < 0) return SENTINELS[-1 - index];
    if (index in done) return done[index];
    const value = raw[index];
    if (typeof value !== "object" || value === null) return value;
    if (!Array.isArray(value)) {
      const object: Record<string, unknown> = done[index] = {};
      for (const [key, item] of Object.entries(value)) object[key] = read(item);
      return object;
    }
    const [tag, content] = value;
    if (tag === "Date") return done[index] = new Date(content);
    if (tag === "Signal" || tag === "Computed") {
      const state = signal<unknown>(undefined);
      done[index] = tag === "Signal" ? state : computed(() => state.value);
      state.value = read(content);
      return done[index];
    }
    const array: unknown[] = done[index] = new Array(value.length);
    value.forEach((item, i) => {
      if (item !== HOLE) array[i] = read(item);
    });
    return array;
  };
  return read(0);
}
