/**
 * Tokens: who they are of and what they are good for. Of the text of a token only the hash is kept.
 *
 * `API_TOKENS` is a list of `name:scope+scope:token`, separated by commas. The scopes are `publish`,
 * `read` and `admin`, which includes the others; `publish(app.log.*|app.audit)` is limited to topics.
 */
import { createHash, timingSafeEqual } from "node:crypto";
import { MAX_TOKENS, MIN_TOKEN_CHARACTERS } from "./limits.ts";
import { topicPattern } from "../sql/events.ts";

export const SCOPES = ["publish", "read", "admin"] as const;

/** What a token may be good for. */
export type Scope = typeof SCOPES[number];

/** What a request may do. */
export interface Grants {
  /** Of the token; undefined where there is none. */
  readonly name: string | undefined;
  readonly scopes: readonly Scope[];
  /** Says of a topic whether it may be published to; undefined: all may. */
  readonly mayPublishTo: ((topic: string) => boolean) | undefined;
}

/** A token that the service knows. */
export interface Token extends Grants {
  /** Whose it is; stands in problems and on pages. */
  readonly name: string;
  /** SHA-256 of its text. */
  readonly hash: Uint8Array;
}

export const ANYONE: Grants = { name: undefined, scopes: ["admin"], mayPublishTo: undefined };
export const NOBODY: Grants = { name: undefined, scopes: [], mayPublishTo: undefined };

/** Whether a request may do something. */
export function may({ scopes }: Grants, scope: Scope): boolean {
  return scopes.includes(scope) || scopes.includes("admin");
}

/** What is wrong with a list of tokens. Says which of them, and never what it holds. */
export class TokenListError extends Error {}

/** What an entry looks like, for a person. */
export const TOKEN_FORM = "name:scope+scope:token, separated by commas";

/**
 * Reads a list of tokens.
 *
 * @throws {TokenListError} if it is not usable; tells the place of an entry, not its text, since a token
 * may stand where its name belongs
 *
 * @example
 * ```ts
 * import { deepStrictEqual } from "node:assert";
 * import { parseTokens } from "./tokens.ts";
 *
 * const [{ name, scopes, mayPublishTo }] = parseTokens("web:publish(app.>)+read:0123456789abcdef");
 * deepStrictEqual([name, scopes], ["web", ["publish", "read"]]);
 * deepStrictEqual([mayPublishTo!("app.log"), mayPublishTo!("shop")], [true, false]);
 * ```
 */
export function parseTokens(text: string): [Token, ...Token[]] {
  const tokens = text.split(",").map((entry, at) => {
    try {
      return parseToken(entry.trim());
    } catch (error) {
      if (!(error instanceof TokenListError)) throw error;
      throw new TokenListError(`entry ${at + 1} ${error.message}`);
    }
  });
  if (tokens.length > MAX_TOKENS) {
    throw new TokenListError(`it has more than ${MAX_TOKENS} entries`);
  }
  requireUnique(tokens.map(({ name }) => name), "name");
  requireUnique(tokens.map(({ hash }) => hash.toHex()), "token");
  return tokens as [Token, ...Token[]];
}

function parseToken(entry: string): Token {
  const [, name, scopes, token] = /^([\w.-]{1,64}):(.+):([^:]*)$/.exec(entry) ?? [];
  if (name === undefined) {
    throw new TokenListError("is not of that form, with a name of letters, digits, _ . and -");
  }
  if (!/^[\w.~+/-]+=*$/.test(token!)) {
    throw new TokenListError(
      "has a token of other characters than letters, digits and - . _ ~ + /",
    );
  }
  if (token!.length < MIN_TOKEN_CHARACTERS) {
    throw new TokenListError(`has a token of fewer than ${MIN_TOKEN_CHARACTERS} characters`);
  }
  return { name, ...parseScopes(scopes!), hash: hashOf(token!) };
}

function parseScopes(text: string): Pick<Token, "scopes" | "mayPublishTo"> {
  const scopes: Scope[] = [];
  let topics: string[] | undefined;
  for (const part of text.split(/\+(?![^(]*\))/)) {
    const [, name, list] = /^(\w+)(?:\(([^()\s]+)\))?$/.exec(part) ?? [];
    const scope = SCOPES.find((one) => one === name);
    if (scope === undefined || scopes.includes(scope)) {
      throw new TokenListError(`must have scopes of ${SCOPES.join(", ")}, each once, joined by +`);
    }
    if (list !== undefined && scope !== "publish") {
      throw new TokenListError("limits another scope than publish to topics");
    }
    topics ??= list?.split("|");
    scopes.push(scope);
  }
  if (topics?.includes("")) throw new TokenListError("has an empty topic");
  if (topics !== undefined && scopes.includes("admin")) {
    throw new TokenListError("limits publish to topics, which admin does not");
  }
  return { scopes, mayPublishTo: topics && topicMatcher(topics) };
}

function requireUnique(values: readonly string[], what: string) {
  const at = values.findIndex((value, at) => values.indexOf(value) < at);
  if (at >= 0) throw new TokenListError(`entry ${at + 1} has the ${what} of an earlier one`);
}

/** The hash that stands for the text of a token. */
export function hashOf(text: string): Uint8Array {
  return createHash("sha256").update(text).digest();
}

/**
 * Finds the token of a hash. Compares it with all of them, each in constant time, so that how long it
 * takes says nothing about any.
 */
export function findToken(tokens: readonly Token[], hash: Uint8Array): Token | undefined {
  let found: Token | undefined;
  for (const token of tokens) if (timingSafeEqual(token.hash, hash)) found = token;
  return found;
}

/** Says of a topic whether it is one of some topics and patterns. */
function topicMatcher(topics: readonly string[]): (topic: string) => boolean {
  const plain = new Set(topics);
  const patterns = topics.map(topicPattern).filter((pattern) => pattern !== undefined)
    .map((pattern) => new RegExp(pattern, "s"));
  return (topic) => plain.has(topic) || patterns.some((pattern) => pattern.test(topic));
}
