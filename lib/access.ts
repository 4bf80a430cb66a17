/**
 * Who may do what: asked of every request for a route, before it runs.
 *
 *   access/table.ts      what each route needs
 *   access/tokens.ts     the tokens of API_TOKENS, as hashes
 *   access/sessions.ts   browsers that have logged in with one
 *   access/origin.ts     what pages of other sites make a browser send
 *   access/rate.ts       how often
 *   access/refusals.ts   why not
 *
 * Without tokens anyone may do everything, except by way of a browser that is on a page of another site:
 * none may change anything, and on loopback none may read by having a name of its own lead here.
 */
import { isLoopback, isSafe, namesThisMachine, provenanceOf } from "./access/origin.ts";
import { RequestRate, UnknownTokens } from "./access/rate.ts";
import { foreign, insufficient, unauthorized } from "./access/refusals.ts";
import { sessionIdOf, Sessions } from "./access/sessions.ts";
import { needOf } from "./access/table.ts";
import {
  ANYONE,
  findToken,
  type Grants,
  hashOf,
  may,
  NOBODY,
  type Token,
} from "./access/tokens.ts";
import type { Config } from "./config.ts";
import { ProblemError } from "./errors.ts";

/** A request that was let in. */
export interface Admission {
  readonly grants: Grants;
  /** Headers for its answer. */
  readonly headers?: Readonly<Record<string, string>>;
}

type Settings = Pick<
  Config,
  "allowAnonymous" | "corsOrigins" | "host" | "rateLimit" | "tokens"
>;

const AS_ANYONE: Admission = { grants: ANYONE };

/** The doorkeeper of an aggregator. */
export class Access {
  readonly sessions = new Sessions();
  readonly #settings: Settings;
  readonly #rate: RequestRate | undefined;
  readonly #unknown = new UnknownTokens();
  /** Whether only names of this machine are served. */
  readonly #isLocal: boolean;
  /** The origin that was served last: nearly all requests name the same. */
  #lastOrigin = "";

  constructor(settings: Settings) {
    const { allowAnonymous, host, rateLimit } = settings;
    this.#settings = settings;
    this.#isLocal = isLoopback(host) && !allowAnonymous;
    this.#rate = rateLimit === undefined ? undefined : new RequestRate(rateLimit);
  }

  /** Whether tokens are asked for at all. */
  get required(): boolean {
    return this.#settings.tokens.length > 0;
  }

  /**
   * Lets a request in.
   *
   * @param route pattern of its route; null where none matches
   * @throws {ProblemError} 401 without a token that is known; 403 where its scopes do not do, or a page of
   * another site is behind it; 405 where the route does not take the method; 421 for another host; 429 too
   * often
   */
  admit(request: Request, route: string | null, peer: Deno.Addr): Admission {
    if (!this.required) {
      if (this.#isLocal) this.#requireOwnHost(request.url);
      if (!isSafe(request.method)) this.#refuseForeign(request.headers);
      return AS_ANYONE;
    }
    const need = needOf(route, request.method);
    const bearer = need === "open" ? undefined : bearerOf(request.headers);
    const token = bearer === undefined ? this.#sessionOf(request) : this.#tokenOf(bearer, peer);
    if (need === "open") return { grants: token ?? NOBODY };
    if (token === undefined) throw unauthorized(bearer !== undefined);
    const headers = this.#rate?.count(token.name, Date.now());
    if (!may(token, need)) throw insufficient(token, need);
    return headers === undefined ? { grants: token } : { grants: token, headers };
  }

  /**
   * Opens a session of a browser.
   *
   * @param text of a token
   * @returns the id of the session
   * @throws {ProblemError} 401 if it is not known, 403 if it may not read, 429 if too many were not known
   */
  logIn(text: string, peer: Deno.Addr): string {
    const token = this.#tokenOf(text, peer);
    if (token === undefined) throw unauthorized(true);
    if (!may(token, "read")) throw insufficient(token, "read");
    return this.sessions.open(token, Date.now());
  }

  #tokenOf(text: string, peer: Deno.Addr): Token | undefined {
    const hash = hashOf(text);
    const token = findToken(this.#settings.tokens, hash);
    if (token === undefined) this.#unknown.count(peer, hash, Date.now());
    return token;
  }

  /** The token that a browser has logged in with: only the service's own pages may then change something. */
  #sessionOf({ method, headers }: Request): Token | undefined {
    const token = this.sessions.find(sessionIdOf(headers), Date.now());
    if (isSafe(method)) return token;
    if (token === undefined) this.#refuseForeign(headers);
    else if (provenanceOf(headers) !== "same") throw foreign();
    return token;
  }

  /** Of pages, only the service's own and those of `CORS_ORIGINS` may have a browser change something. */
  #refuseForeign(headers: Headers) {
    if (provenanceOf(headers) !== "foreign") return;
    const origin = headers.get("origin");
    if (origin === null || !this.#settings.corsOrigins.includes(origin)) throw foreign();
  }

  #requireOwnHost(url: string) {
    const origin = url.slice(0, url.indexOf("/", "https://".length));
    if (origin === this.#lastOrigin) return;
    if (!namesThisMachine(origin)) {
      throw new ProblemError(
        "another-host",
        "Without API_TOKENS, or ALLOW_ANONYMOUS=true, only names such as localhost are answered",
      );
    }
    this.#lastOrigin = origin;
  }
}

function bearerOf(headers: Headers): string | undefined {
  return /^bearer +(\S.*)$/i.exec(headers.get("authorization") ?? "")?.[1];
}
