/** Middlewares that turn requests away: foreign forms, addresses, other spellings of a path. */
import { BlockList, isIP } from "node:net";
import type { Context } from "./context.ts";
import { HttpError } from "./http_error.ts";
import type { Middleware } from "./types.ts";

export interface CsrfOptions<State = unknown> {
  /** Origins that may send forms; the application's own by default. */
  origin?: string | string[] | ((origin: string, ctx: Context<State>) => boolean);
}

/** Makes the middleware that answers 403 to what a page of another origin makes browsers send. */
export function csrf<State>({ origin }: CsrfOptions<State> = {}): Middleware<State> {
  const isAllowed = (asking: string, ctx: Context<State>) =>
    typeof origin === "function"
      ? origin(asking, ctx)
      : [origin ?? ctx.url.origin].flat().includes(asking);

  return (ctx) => {
    const { method, headers } = ctx.req;
    if (["GET", "HEAD", "OPTIONS"].includes(method)) return ctx.next();
    const site = headers.get("sec-fetch-site");
    const asking = headers.get("origin");
    if (asking === null ? site === null : isAllowed(asking, ctx)) return ctx.next();
    if (site === "same-origin" || site === "none") return ctx.next();
    throw new HttpError(403);
  };
}

/** Addresses and CIDR blocks, IPv4 or IPv6. */
export interface IpFilterRules {
  denyList?: string[];
  /** Without any, all are allowed that are not denied. */
  allowList?: string[];
}

export interface ipFilterOptions {
  /** Answers who is turned away, instead of 403. */
  onError?: <State>(
    remote: { addr: string; type: "IPv4" | "IPv6" },
    ctx: Context<State>,
  ) => Response | Promise<Response>;
}

/** Makes the middleware that decides by the address that the connection comes from. */
export function ipFilter<State>(
  { denyList = [], allowList = [] }: IpFilterRules,
  { onError }: ipFilterOptions = {},
): Middleware<State> {
  const denied = toBlockList(denyList);
  const allowed = toBlockList(allowList);
  return (ctx) => {
    const { remoteAddr } = ctx.info;
    if (!("hostname" in remoteAddr)) return ctx.next();
    const addr = remoteAddr.hostname;
    const version = isIP(addr);
    const family = version === 6 ? "ipv6" : "ipv4";
    if (version !== 0 && !denied.check(addr, family)) {
      if (allowList.length === 0 || allowed.check(addr, family)) return ctx.next();
    }
    if (version === 0 || !onError) return new Response("Forbidden", { status: 403 });
    return onError({ addr, type: version === 6 ? "IPv6" : "IPv4" }, ctx);
  };
}

function toBlockList(rules: string[]): BlockList {
  const list = new BlockList();
  for (const rule of rules) {
    const [address = "", bits] = rule.split("/");
    const family = isIP(address) === 6 ? "ipv6" : "ipv4";
    if (bits === undefined) list.addAddress(address, family);
    else list.addSubnet(address, Number(bits), family);
  }
  return list;
}

/** Makes the middleware that redirects to paths with, or without, a slash at their end. */
export function trailingSlashes<State>(mode: "always" | "never"): Middleware<State> {
  return (ctx) => {
    const { pathname, search } = ctx.url;
    const wanted = pathname.replace(/\/?$/, mode === "always" ? "/" : "");
    return pathname === "/" || pathname === wanted ? ctx.next() : ctx.redirect(wanted + search);
  };
}
