/**
 * Errors that carry their own answer: to the operator at start, to the publisher over HTTP.
 *
 * An operating error (bad configuration, queue full, database away) is one of these classes and is
 * handled; anything else that is thrown is a programmer's error and crashes or becomes a 500.
 */

import { type ProblemName, PROBLEMS, problemType } from "./problems.ts";

/** Why the service cannot start, in one line for the operator: printed without a stack, exit 2. */
export class StartupError extends Error {
  override name = "StartupError";
}

/**
 * Ends the process because it cannot start: one line, exit 2. A programmer's error is thrown on.
 */
export function refuse(error: unknown): never {
  if (!(error instanceof StartupError)) throw error;
  console.error(error.message);
  Deno.exit(2);
}

/** One thing wrong with one event of a request. */
export interface FieldError {
  /** Position of the event in the request, from 0; absent where no event is concerned. */
  readonly index?: number;
  /** Where in the event, e.g. `payload.content`; `""` is the event itself. */
  readonly path: string;
  /** What is wrong, for a person. */
  readonly message: string;
}

/** A request that cannot be served, as an RFC 9457 problem: the one way to answer an error. */
export class ProblemError extends Error {
  override name = "ProblemError";

  /**
   * @param problem what kind of problem
   * @param detail what happened this time, with the values concerned
   * @param extra further headers, and the events at fault
   */
  constructor(
    readonly problem: ProblemName,
    readonly detail?: string,
    readonly extra: {
      readonly headers?: Readonly<Record<string, string>>;
      readonly errors?: readonly FieldError[];
    } = {},
  ) {
    const { title } = PROBLEMS[problem];
    super(detail === undefined ? title : `${title}: ${detail}`);
  }

  /** HTTP status, 400 to 599. */
  get status(): number {
    return PROBLEMS[this.problem].status;
  }

  /** What kind of problem, the same words each time. */
  get title(): string {
    return PROBLEMS[this.problem].title;
  }

  /**
   * The problem as its HTTP answer, `application/problem+json`.
   *
   * @param requestId that of the request which it answers
   */
  toResponse(requestId: string): Response {
    const { problem, status, title, detail, extra: { headers, errors } } = this;
    const type = problemType(problem);
    return Response.json({ type, title, status, detail, errors, request_id: requestId }, {
      status,
      headers: { ...headers, "content-type": "application/problem+json" },
    });
  }
}

/** The text of anything that was thrown, in one line. */
export function reason(error: unknown): string {
  const text = error instanceof Error ? error.message || error.name : String(error);
  return text.split("\n", 1)[0]!.trim();
}
