/**
 * What all routes share: methods, errors, query parameters. The one place where an error becomes a
 * status.
 */
import { type Context, createDefine, HttpError, type Middleware, type PageResponse } from "fresh";
import type { Grants } from "./access/tokens.ts";
import type { Aggregator } from "./aggregator.ts";
import type { Shell } from "./browser/shell.ts";
import { ProblemError } from "./errors.ts";
import { MAX_PARAM_CHARACTERS } from "./limits.ts";
import { logger } from "./logger.ts";
import { allowOf, methodNotAllowed } from "./methods.ts";
import { keepForAnswer, requestId } from "./request.ts";
import { isTimeout, isUnavailable } from "./sql/connect.ts";

const log = logger("http");

/** What middlewares hand to routes. */
export interface State {
  aggregator: Aggregator;
  /** What the request may do. */
  grants: Grants;
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
  const byMethod: Readonly<Record<string, Handler<Data> | undefined>> = {
    ...handlers,
    HEAD: handlers.GET,
  };
  return (ctx) => {
    const handler = byMethod[ctx.req.method];
    if (handler !== undefined) return handler(ctx);
    if (ctx.req.method === "OPTIONS") {
      return new Response(null, { status: 204, headers: { allow: allowOf(known) } });
    }
    throw methodNotAllowed(known);
  };
}

/** Lets requests in, where errors are answers already. */
export const admit: Middleware<State> = (ctx) => {
  const { req, route, info, state } = ctx;
  const { grants, headers } = state.aggregator.access.admit(req, route, info.remoteAddr);
  state.grants = grants;
  if (headers !== undefined) keepForAnswer(req, headers);
  return ctx.next();
};

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
    if (problem.problem === "unauthorized" && !req.headers.has("authorization")) {
      return toLogin(ctx.url);
    }
    keepForAnswer(req, problem.extra.headers ?? {});
    throw new HttpError(problem.status, problem.detail ?? problem.title);
  }
};

/** Sends a browser to log in first, and back then. */
function toLogin({ pathname, search }: URL): Response {
  const location = `/login?next=${encodeURIComponent(pathname + search)}`;
  return new Response(null, { status: 303, headers: { location } });
}

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

/** The service as commands on a page ask it. */
export function shellOf({ origin }: URL, { access }: Aggregator): Shell {
  return { origin, needsToken: access.required };
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

/** Whether a browser goes to a page, or posts a form without scripts. */
function wantsPage({ headers }: Request): boolean {
  return (headers.get("accept") ?? "").includes("text/html");
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
