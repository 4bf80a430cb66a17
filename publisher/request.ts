/**
 * One request to the server, repeated until it is answered.
 *
 * Guarantees: what may be temporary (a network error, a timeout, 429, 502, 503, 504, 507) is retried with
 * exponential backoff and full jitter, never before the `Retry-After` of the answer; all else that is not
 * a success ends at once with the server's reason. A retry sends the same request. Retrying is
 * bounded by {@linkcode RetryPolicy.retryForMs}. Not promised: that the server saw a request once.
 */
import { backOff } from "exponential-backoff";
import { z } from "zod";

const RETRYABLE = new Set([429, 502, 503, 504, 507]);

/** Gateways answer these without knowing what became of the request behind them. */
const GATEWAY = new Set([502, 504]);

/** The most of a server's reason that is shown. */
const MAX_REASON_CHARACTERS = 300;
const MAX_REASON_ERRORS = 3;

/** How retries are spaced and when they end. */
export interface RetryPolicy {
  /** Time for one answer. */
  timeoutMs: number;
  /** Time from the first attempt after which a request is given up. */
  retryForMs: number;
  /** Upper bound of the first random delay; it doubles with each attempt. */
  startingDelayMs: number;
  /** Upper bound of any random delay. */
  maxDelayMs: number;
  /** Waits out a `Retry-After`. */
  wait(ms: number): Promise<void>;
}

/** Delays of a policy outside tests. */
export const DELAYS = {
  startingDelayMs: 100,
  maxDelayMs: 5_000,
  wait: (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms)),
};

/** The server refused for good, or was retried for too long; the message is one line. */
export class RequestError extends Error {}

/** An attempt without success that a retry may mend. */
export class TemporaryFailure extends Error {
  /**
   * @param message what happened
   * @param inDoubt whether the server may have acted on the request all the same
   * @param retryAfterMs what the server asked to wait
   */
  constructor(message: string, readonly inDoubt: boolean, readonly retryAfterMs = 0) {
    super(message);
  }
}

/**
 * Sends a request until it is answered with a success.
 *
 * @param onRetry called before each retry with what went wrong
 * @returns the body of the answer
 * @throws {RequestError} if the server refuses or the policy's time is over
 */
export async function request(
  url: URL,
  init: RequestInit,
  policy: RetryPolicy,
  onRetry: (failure: TemporaryFailure) => void,
): Promise<string> {
  const startedAt = performance.now();
  const leftMs = () => policy.retryForMs - (performance.now() - startedAt);
  try {
    return await backOff(() => attempt(url, init, policy.timeoutMs), {
      jitter: "full",
      startingDelay: policy.startingDelayMs,
      maxDelay: policy.maxDelayMs,
      numOfAttempts: Infinity,
      retry: async (failure: unknown) => {
        if (!(failure instanceof TemporaryFailure) || failure.retryAfterMs >= leftMs()) {
          return false;
        }
        onRetry(failure);
        // The jitter comes on top, lest all publishers return in the same millisecond.
        if (failure.retryAfterMs > 0) await policy.wait(failure.retryAfterMs);
        return true;
      },
    });
  } catch (error) {
    if (!(error instanceof TemporaryFailure)) throw error;
    const seconds = policy.retryForMs / 1000;
    const asked = error.retryAfterMs > 0 ? `, Retry-After ${error.retryAfterMs / 1000} s` : "";
    throw new RequestError(
      `Cannot reach ${url}: retried for up to ${seconds} s, last failure: ${error.message}${asked}`,
    );
  }
}

/**
 * Sends a request once; a text as its body is never sent again by itself.
 *
 * @returns the body of the answer
 * @throws {TemporaryFailure} if another attempt may help
 * @throws {RequestError} if the server refuses
 */
export async function attempt(url: URL, init: RequestInit, timeoutMs: number): Promise<string> {
  let response: Response;
  let text: string;
  // Not AbortSignal.timeout(): its timer outlives the request, and thousands a second add up.
  const timeout = new AbortController();
  const timer = setTimeout(() => timeout.abort(), timeoutMs);
  try {
    // A followed redirect would turn POST into GET; it is shown as the refusal it is.
    response = await fetch(url, {
      ...init,
      body: sentOnce(init.body),
      signal: timeout.signal,
      redirect: "manual",
    });
    text = await response.text();
  } catch (error) {
    if (timeout.signal.aborted) {
      throw new TemporaryFailure(`no answer within ${timeoutMs / 1000} s`, true);
    }
    throw networkFailure(error);
  } finally {
    clearTimeout(timer);
  }
  if (response.ok) return text;
  const reason = refusal(response.status, response.statusText, text);
  if (!RETRYABLE.has(response.status)) {
    throw new RequestError(`${init.method ?? "GET"} ${url} was refused: ${reason}`);
  }
  const retryAfter = response.headers.get("retry-after");
  throw new TemporaryFailure(
    reason,
    GATEWAY.has(response.status),
    retryAfterMs(retryAfter, Date.now()),
  );
}

/**
 * The body as a stream, which can be read only once. A text would be sent a second time by `fetch`
 * itself, without a word, where a connection that was kept open ends before the answer (Deno 2.9):
 * then nobody could tell how often the server has seen it.
 */
function sentOnce(body: RequestInit["body"]): ReadableStream<Uint8Array> | null {
  return typeof body === "string" ? new Blob([body]).stream() : null;
}

function networkFailure(error: unknown): unknown {
  // fetch reports what the network did as a TypeError; anything else is a bug or a missing permission.
  if (!(error instanceof TypeError)) return error;
  const message = error.cause instanceof Error ? error.cause.message : error.message;
  const [, stage, detail] = /client error \((\w+)\): (.*)/s.exec(message) ?? [];
  // Without a connection nothing was sent.
  return new TemporaryFailure(oneLine(detail ?? message), stage !== "Connect");
}

/**
 * How long a `Retry-After` asks to wait, in ms; 0 if it is absent, past or unreadable.
 *
 * @param value the header: seconds or an HTTP date
 * @param nowMs present time, ms since 1970
 *
 * @example
 * ```ts
 * import { retryAfterMs } from "./request.ts";
 * if (retryAfterMs("2", Date.now()) !== 2_000) throw new Error();
 * ```
 */
export function retryAfterMs(value: string | null, nowMs: number): number {
  const text = value?.trim() ?? "";
  if (/^\d+$/.test(text)) return Number(text) * 1000;
  const date = Date.parse(text);
  return Number.isNaN(date) ? 0 : Math.max(0, date - nowMs);
}

const problem = z.object({
  title: z.string().optional(),
  detail: z.string().optional(),
  errors: z.array(z.object({
    index: z.number().optional(),
    path: z.unknown().optional(),
    message: z.string(),
  })).optional(),
});

/**
 * An unsuccessful answer as one line: status, then what a problem document (RFC 9457) says, or the body.
 *
 * @param text the answer's body
 */
export function refusal(status: number, statusText: string, text: string): string {
  const told = [`${status} ${statusText}`.trim()];
  const parsed = problem.safeParse(parseJson(text));
  if (parsed.success) {
    const { title, detail, errors = [] } = parsed.data;
    if (title && title !== statusText) told.push(title);
    if (detail && detail !== title) told.push(detail);
    const shown = errors.slice(0, MAX_REASON_ERRORS).map((error) => {
      const path = Array.isArray(error.path) ? error.path.join(".") : error.path;
      return [error.index === undefined ? "" : `event ${error.index}`, path, error.message]
        .filter(Boolean).join(" ");
    });
    if (errors.length > shown.length) shown.push(`${errors.length - shown.length} more`);
    if (shown.length > 0) told.push(shown.join("; "));
  } else if (text) {
    told.push(text);
  }
  if (status === 401) told.push("a token is taken from API_TOKEN");
  return oneLine(told.join(": "));
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // a proxy's page of HTML, say: shown as it is
  }
}

/** What a server says must not move the cursor or fill the screen. */
function oneLine(text: string): string {
  const line = text.replace(/[\p{Cc}\s]+/gu, " ").trim();
  return line.length > MAX_REASON_CHARACTERS ? `${line.slice(0, MAX_REASON_CHARACTERS)}…` : line;
}
