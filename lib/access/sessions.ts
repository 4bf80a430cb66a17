/**
 * Sessions of browsers: a cookie holds a random id, and what it stands for is known here alone, until the
 * process ends.
 */
import { MAX_SESSIONS, SESSION_MS } from "./limits.ts";
import type { Token } from "./tokens.ts";

/** Its name. */
export const SESSION_COOKIE = "sekali_session";

interface Session {
  readonly token: Token;
  readonly endsAt: number;
}

/** The open sessions, as many as there is room for: beyond, the one opened first ends. */
export class Sessions {
  /** The one opened first comes first. */
  readonly #open = new Map<string, Session>();

  /**
   * Opens a session.
   *
   * @param now milliseconds
   * @returns its id
   */
  open(token: Token, now: number): string {
    const id = crypto.getRandomValues(new Uint8Array(32)).toHex();
    this.#open.set(id, { token, endsAt: now + SESSION_MS });
    if (this.#open.size > MAX_SESSIONS) this.#open.delete(this.#open.keys().next().value!);
    return id;
  }

  /** The token of a session; undefined if there is no such session, or none any more. */
  find(id: string | undefined, now: number): Token | undefined {
    if (id === undefined) return undefined;
    const session = this.#open.get(id);
    if (session !== undefined && now < session.endsAt) return session.token;
    this.#open.delete(id);
    return undefined;
  }

  /** Ends a session. */
  close(id: string | undefined): void {
    if (id !== undefined) this.#open.delete(id);
  }
}

/** The id of the session that a request belongs to, if to any. */
export function sessionIdOf(headers: Headers): string | undefined {
  const cookie = headers.get("cookie");
  if (cookie === null) return undefined;
  return new RegExp(`(?:^|;\\s*)${SESSION_COOKIE}=([0-9a-f]{64})(?:;|$)`).exec(cookie)?.[1];
}

/**
 * The cookie of a session.
 *
 * @param id undefined: the browser is to forget it
 * @param request over HTTPS, be it up to a proxy before the service, the cookie goes over HTTPS only. A
 * proxy's word is taken here, where who makes it up harms nobody else.
 */
export function sessionCookie(id: string | undefined, { url, headers }: Request): string {
  const proxied = headers.get("x-forwarded-proto") ?? "";
  const secure = url.startsWith("https:") || /^https\b/i.test(proxied);
  return [
    `${SESSION_COOKIE}=${id ?? ""}`,
    "Path=/",
    `Max-Age=${id === undefined ? 0 : SESSION_MS / 1000}`,
    "HttpOnly",
    "SameSite=Strict",
    ...(secure ? ["Secure"] : []),
  ].join("; ");
}
