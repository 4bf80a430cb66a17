/**
 * What surrounds each request, whatever answers it: its id, the bound on its URL, a line in the log,
 * security headers, and an answer even where the application fails.
 */
import { ProblemError } from "./errors.ts";
import { toProblem } from "./http.ts";
import { MAX_LOGGED_PATH_CHARACTERS, MAX_URL_CHARACTERS } from "./limits.ts";
import { logger } from "./logger.ts";
import { keptForAnswer, requestId } from "./request.ts";
import { secure } from "./security_headers.ts";

/** Answers a request. */
export type Respond = (request: Request, info: Deno.ServeHandlerInfo) => Promise<Response>;

const log = logger("http");

/** Makes of what the application answers what the service answers. */
export function respond(application: Respond): Respond {
  return async (request, info) => {
    const start = log.isEnabledFor("debug") ? performance.now() : undefined;
    const response = secure(await answer(application, request, info), request.method);
    for (const [name, value] of Object.entries(keptForAnswer(request) ?? {})) {
      response.headers.set(name, value);
    }
    response.headers.set("x-request-id", requestId(request));
    if (start !== undefined) logRequest(request, response, performance.now() - start);
    return response;
  };
}

async function answer(
  application: Respond,
  request: Request,
  info: Deno.ServeHandlerInfo,
): Promise<Response> {
  try {
    if (request.url.length > MAX_URL_CHARACTERS) {
      throw new ProblemError("url-too-long", `At most ${MAX_URL_CHARACTERS} characters`);
    }
    const response = await application(request, info);
    if (response.status === 405 && !response.headers.has("allow")) {
      response.headers.set("allow", await allowed(application, request, info));
    }
    return response;
  } catch (error) {
    // The router cannot decode such a path, and no middleware sees it.
    const problem = error instanceof URIError
      ? new ProblemError("malformed-url", "A % is not followed by UTF-8")
      : toProblem(error, request);
    return problem.toResponse(requestId(request));
  }
}

/** The methods of an address: what OPTIONS says; a file takes these two. */
async function allowed(
  application: Respond,
  { url, headers }: Request,
  info: Deno.ServeHandlerInfo,
): Promise<string> {
  const asked = await application(new Request(url, { method: "OPTIONS", headers }), info);
  await asked.body?.cancel();
  return asked.headers.get("allow") ?? "GET, HEAD";
}

/** The query is left out: what stands in it is the client's own business, and might be a secret. */
function logRequest(request: Request, { status, headers }: Response, ms: number) {
  const { method, url } = request;
  const [path = ""] = url.slice(url.indexOf("/", url.indexOf("//") + 2)).split("?", 1);
  log.debug("{method} {path} {status} {ms} ms {bytes} bytes {request_id}", {
    method,
    path: path.slice(0, MAX_LOGGED_PATH_CHARACTERS),
    status,
    ms: Number(ms.toFixed(2)),
    bytes: Number(headers.get("content-length") ?? NaN),
    request_id: requestId(request),
  });
}
