/**
 * Every kind of problem that an answer may tell, by its name: what `type` refers to, and `/docs` explains.
 */

/** One kind of problem. */
export interface ProblemKind {
  /** HTTP status, 400 to 599. */
  readonly status: number;
  /** The same words each time. */
  readonly title: string;
  /** What it means. */
  readonly meaning: string;
  /** What whoever asked can do about it. */
  readonly remedy: string;
}

const SMALLER = "Send less at once, in several requests.";
const CORRECT = "Correct the request; the same again fails again.";
const LATER = "Send the same again after `Retry-After`.";

/** All of them, by name. A name, once published, keeps its meaning. */
export const PROBLEMS = {
  "malformed-url": {
    status: 400,
    title: "Malformed URL",
    meaning: "A `%` in the path is not followed by UTF-8 in hexadecimal.",
    remedy: CORRECT,
  },
  "bad-parameter": {
    status: 400,
    title: "Bad query parameter",
    meaning:
      "A parameter, or `Last-Event-ID`, is unknown, given twice, too long or not of its form.",
    remedy: "Correct what `detail` names; this page lists what each operation takes.",
  },
  "malformed-json": {
    status: 400,
    title: "Malformed JSON",
    meaning: "The body, or a line of it, is not JSON in UTF-8.",
    remedy: CORRECT,
  },
  "corrupt-encoding": {
    status: 400,
    title: "Corrupt encoding",
    meaning: "The body is not what `Content-Encoding` says, or ends too early.",
    remedy: CORRECT,
  },
  "incomplete-body": {
    status: 400,
    title: "Incomplete body",
    meaning: "The body broke off before its end; nothing of it was stored.",
    remedy: "Send it again.",
  },
  "bad-form": {
    status: 400,
    title: "Bad form",
    meaning: "What came is not what a form of the dashboard sends.",
    remedy: "Use the buttons of the page; programs use `/dead-letters`.",
  },
  "bad-request": {
    status: 400,
    title: "Bad request",
    meaning: "The request cannot be understood.",
    remedy: CORRECT,
  },
  "unauthorized": {
    status: 401,
    title: "Unauthorized",
    meaning: "The service has tokens, and the request has none that is known.",
    remedy:
      "Send `Authorization: Bearer` and a token; `WWW-Authenticate` says what was wrong with it.",
  },
  "insufficient-scope": {
    status: 403,
    title: "Insufficient scope",
    meaning: "The token is known, but not for this: `detail` names the scope that it lacks.",
    remedy: "Use another token, or ask who runs the service for the scope.",
  },
  "topic-not-allowed": {
    status: 403,
    title: "Topic not allowed",
    meaning:
      "The token may publish, but not to every topic of the request: `errors` says to which. " +
      "Nothing of the request was stored.",
    remedy: "Use another token, or ask for `partial=true` to have the other events stored.",
  },
  "cross-site": {
    status: 403,
    title: "Cross-site request",
    meaning: "A page of another site made the browser send it.",
    remedy:
      "Use the service's own pages; to let those of another origin in, name it in `CORS_ORIGINS`.",
  },
  "not-found": {
    status: 404,
    title: "Not found",
    meaning: "There is nothing at this address, or not any more.",
    remedy: "Check the address: a key stands in a path percent-encoded.",
  },
  "method-not-allowed": {
    status: 405,
    title: "Method not allowed",
    meaning: "The address is known, but not with this method.",
    remedy: "Use one that `Allow` lists.",
  },
  "body-timeout": {
    status: 408,
    title: "Body timeout",
    meaning: "The body came too slowly, or stopped; nothing of it was stored.",
    remedy: "Send it again on a new connection, in one go.",
  },
  "body-too-large": {
    status: 413,
    title: "Body too large",
    meaning: "The body, as it came or inflated, is larger than may come at once.",
    remedy: SMALLER,
  },
  "line-too-long": {
    status: 413,
    title: "Line too long",
    meaning: "A line of NDJSON is longer than any event can be.",
    remedy: "End each event with a line feed.",
  },
  "event-too-large": {
    status: 413,
    title: "Event too large",
    meaning: "An event is larger than a message of the NATS server may be (`max_payload`).",
    remedy: "Publish less in one event, or let the server take more.",
  },
  "too-many-events": {
    status: 413,
    title: "Too many events",
    meaning: "The request holds more events than may come at once, or than the queue ever holds.",
    remedy: SMALLER,
  },
  "url-too-long": {
    status: 414,
    title: "URL too long",
    meaning: "The URL is longer than any that the service knows.",
    remedy: "Ask by shorter parameters.",
  },
  "unsupported-media-type": {
    status: 415,
    title: "Unsupported media type",
    meaning: "The body is of a type that is not taken here.",
    remedy: "Set `Content-Type` to one that `Accept` of the answer lists.",
  },
  "unsupported-encoding": {
    status: 415,
    title: "Unsupported encoding",
    meaning: "The body is compressed in a way that is not taken.",
    remedy: "Compress it by one that `Accept-Encoding` of the answer lists, or not at all.",
  },
  "another-host": {
    status: 421,
    title: "Another host",
    meaning:
      "Without tokens the service answers on its own machine only, and `Host` names another: a " +
      "page of another site may have had its name lead here.",
    remedy: "Ask for `localhost`; to be asked for by another name, set `API_TOKENS`, or " +
      "`ALLOW_ANONYMOUS=true`.",
  },
  "invalid-event": {
    status: 422,
    title: "Invalid event",
    meaning: "The body is well-formed, but not every event in it is valid: `errors` says which " +
      "and why. Nothing of the request was stored.",
    remedy: "Correct the events, or ask for `partial=true` to have the others stored.",
  },
  "refused-again": {
    status: 422,
    title: "Refused again",
    meaning: "PostgreSQL refuses the event of this dead letter as before.",
    remedy: "Publish a corrected event, then delete the dead letter.",
  },
  "too-many-requests": {
    status: 429,
    title: "Too many requests",
    meaning: "The token has sent more requests than `RATE_LIMIT` lets it.",
    remedy: LATER,
  },
  "too-many-tokens": {
    status: 429,
    title: "Too many tokens",
    meaning: "Many different tokens came from the same address, and none is known.",
    remedy: "Send one that is known: it is let in at once.",
  },
  "internal-error": {
    status: 500,
    title: "Internal error",
    meaning: "The service has failed at something that it did not foresee.",
    remedy: "Tell who runs it the `request_id`: the log of the service says more.",
  },
  "database-unavailable": {
    status: 503,
    title: "Database unavailable",
    meaning: "PostgreSQL does not answer. Publishing goes on meanwhile.",
    remedy: LATER,
  },
  "journal-unavailable": {
    status: 503,
    title: "Journal unavailable",
    meaning: "The journal cannot be written.",
    remedy: LATER,
  },
  "not-ready": {
    status: 503,
    title: "Not ready",
    meaning: "Events do not find their way into the database now.",
    remedy: "Wait: what is published meanwhile is kept.",
  },
  "query-timeout": {
    status: 503,
    title: "Query timed out",
    meaning: "The answer took too long to find.",
    remedy: "Ask for less: a topic, a source, a time range.",
  },
  "queue-full": {
    status: 503,
    title: "Queue full",
    meaning: "As many events are accepted, but not yet committed, as the queue holds.",
    remedy: LATER,
  },
  "stopping": {
    status: 503,
    title: "Stopping",
    meaning: "The service is about to end and takes nothing new.",
    remedy: "Try again once it has started, or elsewhere.",
  },
  "too-many-exports": {
    status: 503,
    title: "Too many exports",
    meaning: "As many exports run as may at once.",
    remedy: LATER,
  },
  "too-many-streams": {
    status: 503,
    title: "Too many streams",
    meaning: "As many streams are open as may be at once.",
    remedy: "Try again later.",
  },
  "journal-full": {
    status: 507,
    title: "Journal full",
    meaning: "The disk of the journal is full. Nothing of the request was stored.",
    remedy: LATER,
  },
} as const satisfies Readonly<Record<string, ProblemKind>>;

/** The name of a kind of problem. */
export type ProblemName = keyof typeof PROBLEMS;

/** What `type` says of a kind of problem: a URI reference to its place on the page of the API. */
export function problemType(name: ProblemName): string {
  return `/docs#problem-${name}`;
}
