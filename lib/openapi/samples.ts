/**
 * Requests to copy. They are data, so that tests send them, too.
 */

/** A request that works as it stands. */
export interface Sample {
  /** What it shows, in a few words. */
  readonly label: string;
  readonly method: "GET" | "POST" | "DELETE";
  /** With its query string. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** Whether the body goes compressed, by way of `gzip`. */
  readonly gzip?: true;
}

/** An operation's samples, under the name by which tools for OpenAPI know them. */
export function codeSamples(...samples: readonly Sample[]) {
  return {
    "x-codeSamples": samples.map((sample) => ({
      lang: "Shell",
      label: sample.label,
      source: curl(sample),
    })),
  };
}

/** Where `deno task start` serves. */
const ORIGIN = "http://localhost:8080";

/**
 * A request as a command for a shell.
 *
 * @example
 * ```ts
 * import { strictEqual } from "node:assert";
 * import { curl } from "./samples.ts";
 *
 * const sample = { label: "", method: "POST", path: "/a?b=c", body: "it's" } as const;
 * strictEqual(curl(sample), `curl 'http://localhost:8080/a?b=c' \\\n  -d 'it'\\''s'`);
 * ```
 */
export function curl({ method, path, headers = {}, body, gzip }: Sample): string {
  const parts = [`curl ${streams(path, headers) ? "-N " : ""}${quote(ORIGIN + path)}`];
  const implied = body === undefined ? "GET" : "POST";
  if (method !== implied) parts.push(`-X ${method}`);
  for (const [name, value] of Object.entries(headers)) {
    parts.push(`-H ${quote(`${name}: ${value}`)}`);
  }
  if (body === undefined) return parts.join(" \\\n  ");
  if (!gzip) return [...parts, `-d ${quote(body)}`].join(" \\\n  ");
  return `printf %s ${quote(body)} | gzip |\n  ${[...parts, "--data-binary @-"].join(" \\\n  ")}`;
}

/** Whether the answer is to be shown as it comes. */
function streams(path: string, headers: Readonly<Record<string, string>>): boolean {
  return path.startsWith("/stream") || headers["accept"] === "application/x-ndjson";
}

function quote(text: string): string {
  return /^[\w./:=-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
