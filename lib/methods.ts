/**
 * The methods of a route.
 */
import { ProblemError } from "./errors.ts";

/**
 * What `Allow` says of a route: GET brings HEAD, and every route takes OPTIONS.
 *
 * @example
 * ```ts
 * import { strictEqual } from "node:assert";
 * import { allowOf } from "./methods.ts";
 *
 * strictEqual(allowOf(["GET", "DELETE"]), "GET, DELETE, HEAD, OPTIONS");
 * ```
 */
export function allowOf(methods: readonly string[]): string {
  return [...methods, ...methods.includes("GET") ? ["HEAD"] : [], "OPTIONS"].join(", ");
}

/** Any other method. */
export function methodNotAllowed(methods: readonly string[]): ProblemError {
  const allow = allowOf(methods);
  return new ProblemError("method-not-allowed", `Use ${allow}`, { headers: { allow } });
}
