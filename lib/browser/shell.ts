/**
 * The service as commands for a shell ask it.
 */

/** What such a command needs to know. */
export interface Shell {
  /** Of the service, such as `http://localhost:8080`. */
  readonly origin: string;
  /** Whether it asks for a token: the shell is to hold it in `API_TOKEN`. */
  readonly needsToken: boolean;
}

/**
 * A command that asks the service.
 *
 * @param path with what it asks for, encoded as in a URL
 *
 * @example
 * ```ts
 * import { deepStrictEqual } from "node:assert";
 * import { curl } from "./shell.ts";
 *
 * const origin = "http://localhost:8080";
 * deepStrictEqual(
 *   [curl({ origin, needsToken: false }, "/a'b"), curl({ origin, needsToken: true }, "/stats")],
 *   [
 *     "curl 'http://localhost:8080/a%27b'",
 *     `curl 'http://localhost:8080/stats' -H "Authorization: Bearer $API_TOKEN"`,
 *   ],
 * );
 * ```
 */
export function curl({ origin, needsToken }: Shell, path: string): string {
  const token = needsToken ? ' -H "Authorization: Bearer $API_TOKEN"' : "";
  return `curl '${origin}${path.replaceAll("'", "%27")}'${token}`;
}
