/**
 * Why a request is not let in, and how it would be.
 */
import { ProblemError } from "../errors.ts";
import type { Scope, Token } from "./tokens.ts";

const REALM = 'Bearer realm="sekali"';

/**
 * It has no token that is known.
 *
 * @param given whether it has one at all
 */
export function unauthorized(given: boolean): ProblemError {
  return given
    ? new ProblemError("unauthorized", "The token is not known", {
      headers: { "www-authenticate": `${REALM}, error="invalid_token"` },
    })
    : new ProblemError("unauthorized", "Send a token as Authorization: Bearer", {
      headers: { "www-authenticate": REALM },
    });
}

/** Its token is known, but not good for this. */
export function insufficient({ name }: Token, scope: Scope): ProblemError {
  return new ProblemError("insufficient-scope", `The token ${name} lacks the scope ${scope}`, {
    headers: { "www-authenticate": `${REALM}, error="insufficient_scope", scope="${scope}"` },
  });
}

/** A page of another site made a browser send it. */
export function foreign(): ProblemError {
  return new ProblemError("cross-site", "It comes from a page of another site");
}
