/**
 * Topics as NATS subjects, so that any NATS client can subscribe to the events of a topic.
 */

/** What a subject's token must not hold: white space, control characters, wildcards, and the escape. */
const UNFIT = /[\s\p{Cc}*>%]/gu;

const encoder = new TextEncoder();

/**
 * The subject of a topic's events: the topic itself below `<stream>.events`, a level a token. What a
 * token must not hold is percent-encoded, an empty token is `%`: two topics never share a subject.
 *
 * @example
 * ```ts
 * import { strictEqual } from "node:assert";
 * import { subjectOf } from "./subject.ts";
 *
 * strictEqual(subjectOf("sekali", "app.log.hello"), "sekali.events.app.log.hello");
 * strictEqual(subjectOf("sekali", "a b.*..100%"), "sekali.events.a%20b.%2A.%.100%25");
 * ```
 */
export function subjectOf(stream: string, topic: string): string {
  const tokens = topic.split(".").map((token) =>
    token === "" ? "%" : token.replaceAll(UNFIT, percentEncode)
  );
  return `${stream}.events.${tokens.join(".")}`;
}

/** All subjects of a stream. */
export function allSubjects(stream: string): string {
  return `${stream}.events.>`;
}

/** Where an accepting instance hears which of its messages are applied: by core NATS, kept nowhere. */
export function appliedSubject(stream: string, journal: string): string {
  return `${stream}.applied.${journal}`;
}

function percentEncode(char: string): string {
  return [...encoder.encode(char)]
    .map((byte) => `%${byte.toString(16).toUpperCase().padStart(2, "0")}`).join("");
}
