/**
 * What all routes share: methods, errors, query parameters. The one place where an error becomes a
 * status.
 */
import { type Context, createDefine, HttpError, type Middleware, type PageResponse } from "fresh";
import type { Aggregator } from "./aggregator.ts";
import { ProblemError } from "./errors.ts";
import { MAX_PARAM_CHARACTERS } from "./limits.ts";
import { logger } from "./logger.ts";
import { keepForPage, requestId } from "./request.ts";
import { isTimeout, isUnavailable } from "./sql/connect.ts";

const log = logger("http");

/** What middlewares hand to routes. */
export interface State {
  aggregator: Aggregator;
}

export const define = createDefine<State>();

type Answer<Data> = Response | PageResponse<Data>;
type Handler<Data> = (ctx: Context<State>) => Answer<Data> | Promise<Answer<Data>>;

/**
 * The handler of a route: dispatches on the method, answers HEAD as GET, OPTIONS with `Allow`, and
 * any other method with 405.
 */
export function methods<Data = never>(
  handlers: {
    readonly GET?: Handler<Data>;
    readonly POST?: Handler<Data>;
    readonly DELETE?: Handler<Data>;
  },
): Handler<Data> {
  const known = Object.keys(handlers);
  if (handlers.GET !== undefined) known.push("HEAD");
  const allow = [...known, "OPTIONS"].join(", ");
  const byMethod: Readonly<Record<string, Handler<Data> | undefined>> = {
    ...handlers,
    HEAD: handlers.GET,
  };
  return (ctx) => {
    const handler = byMethod[ctx.req.method];
    if (handler !== undefined) return handler(ctx);
    if (ctx.req.method === "OPTIONS") {
      return new Response(null, { status: 204, headers: { allow } });
    }
    throw new ProblemError("method-not-allowed", `Use ${allow}`, { headers: { allow } });
  };
}

/**
 * Answers what routes throw: problem+json for programs. A browser that asked for a page is left to
 * the error page.
 */
export const errors: Middleware<State> = async (ctx) => {
  const { req } = ctx;
  try {
    const response = await ctx.next();
    if (response.status < 400 || isTold(response)) return response;
    // Of a file, Fresh says no more than the status.
    await response.body?.cancel();
    throw new HttpError(response.status);
  } catch (error) {
    const problem = toProblem(error, req);
    if (!wantsPage(req)) return problem.toResponse(requestId(req));
    keepForPage(req, problem.extra.headers ?? {});
    throw new HttpError(problem.status, problem.detail ?? problem.title);
  }
};

/** Whether an error is told already, to a program or on a page. */
function isTold({ headers }: Response): boolean {
  return /^(?:application\/problem\+json|text\/html)/.test(headers.get("content-type") ?? "");
}

/** What an error is to whoever asked; one that nobody foresaw is logged. */
export function toProblem(error: unknown, request: Request): ProblemError {
  if (error instanceof ProblemError) return error;
  if (error instanceof HttpError) return toKnown(error);
  if (isTimeout(error)) {
    return new ProblemError("query-timeout", "Ask for less: a topic, a source, a time range");
  }
  if (isUnavailable(error)) {
    return new ProblemError("database-unavailable", "Publishing goes on; try again later", {
      headers: { "retry-after": "1" },
    });
  }
  if (!URL.canParse(request.url)) return new ProblemError("malformed-url", "Host names no host");
  log.error("{method} {path} failed: {error} {request_id}", {
    method: request.method,
    path: new URL(request.url).pathname,
    error,
    request_id: requestId(request),
  });
  return new ProblemError("internal-error", "The log of the service says more");
}

function toKnown({ status, message }: HttpError): ProblemError {
  if (status === 404) return new ProblemError("not-found", "There is nothing at this address");
  if (status === 405) return new ProblemError("method-not-allowed", "Use one that Allow lists");
  return new ProblemError("bad-request", message || undefined);
}

/**
 * An answer that says by `ETag` what it is, or 304 where the client has it already.
 *
 * @param body all of it
 */
export async function tagged(request: Request, body: string, headers: Headers): Promise<Response> {
  const hash = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(body));
  const tag = `"${new Uint8Array(hash).subarray(0, 16).toHex()}"`;
  headers.set("etag", tag);
  headers.set("cache-control", "no-cache");
  const known = request.headers.get("if-none-match")?.split(",").map((one) => one.trim());
  if (!known?.some((one) => one === "*" || one.replace(/^W\//, "") === tag)) {
    return new Response(body, { headers });
  }
  headers.delete("content-type");
  return new Response(null, { status: 304, headers });
}

/**
 * The parts of a path, each decoded whole: a router's own parameters keep `%2F` and lose what `%252F` was.
 *
 * @throws {ProblemError} 400 if one is not UTF-8, or holds U+0000
 */
export function pathSegments({ url }: Request): string[] {
  let segments: string[];
  try {
    segments = new URL(url).pathname.slice(1).split("/").map(decodeURIComponent);
  } catch {
    throw new ProblemError("malformed-url", "A % is not followed by UTF-8");
  }
  // No name holds it, and PostgreSQL takes no text with it.
  if (segments.some((segment) => segment.includes("\0"))) {
    throw new ProblemError("malformed-url", "U+0000 stands in no name");
  }
  return segments;
}

function wantsPage({ method, headers }: Request): boolean {
  return (method === "GET" || method === "HEAD") &&
    (headers.get("accept") ?? "").includes("text/html");
}

/**
 * Reads query parameters.
 *
 * @param params of the URL
 * @param names those that the route knows
 * @throws {ProblemError} 400 if one is unknown, comes twice or is too long
 */
export function readParams<Name extends string>(
  params: URLSearchParams,
  names: readonly Name[],
): Partial<Record<Name, string>> {
  for (const name of params.keys()) {
    if (!names.includes(name as Name)) {
      throw badParam(name, `is not known here; these are: ${names.join(", ")}`);
    }
    const values = params.getAll(name);
    if (values.length > 1) throw badParam(name, "may be given only once");
    if (values[0]!.length > MAX_PARAM_CHARACTERS) {
      throw badParam(name, `is longer than ${MAX_PARAM_CHARACTERS} characters`);
    }
  }
  return Object.fromEntries(params) as Partial<Record<Name, string>>;
}

/** A query parameter that is not usable. */
export function badParam(name: string, message: string): ProblemError {
  return new ProblemError("bad-parameter", `${name} ${message}`);
}
