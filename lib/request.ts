/**
 * What is known of a request beside itself, wherever it is dealt with.
 */

/** Longest id that is taken over, and what may stand in it: what a log line or a header can hold. */
const REQUEST_ID = /^[\w.:~+/=@-]{1,128}$/;

const ids = new WeakMap<Request, string>();
const answerHeaders = new WeakMap<Request, Readonly<Record<string, string>>>();

/**
 * The id of a request: that of its `X-Request-Id`, or a new one where there is none that is usable.
 *
 * @example
 * ```ts
 * import { notStrictEqual, strictEqual } from "node:assert";
 * import { requestId } from "./request.ts";
 *
 * const ask = (id: string) => new Request("http://x/", { headers: { "x-request-id": id } });
 * strictEqual(requestId(ask("a-1")), "a-1");
 * notStrictEqual(requestId(ask("a b")), "a b");
 * ```
 */
export function requestId(request: Request): string {
  let id = ids.get(request);
  if (id === undefined) {
    const given = request.headers.get("x-request-id");
    id = given !== null && REQUEST_ID.test(given) ? given : crypto.randomUUID();
    ids.set(request, id);
  }
  return id;
}

/**
 * Keeps headers for the answer to a request, whoever makes it: an error is told, or its page rendered,
 * where what came before is not known any more.
 */
export function keepForAnswer(request: Request, headers: Readonly<Record<string, string>>): void {
  answerHeaders.set(request, { ...answerHeaders.get(request), ...headers });
}

/** The headers that were kept. */
export function keptForAnswer(request: Request): Readonly<Record<string, string>> | undefined {
  return answerHeaders.get(request);
}
