/**
 * Where a browser's request comes from, and where it is meant to go.
 */

/** `unknown`: it says nothing of that, as programs do. */
export type Provenance = "same" | "foreign" | "unknown";

/**
 * Whether a request comes from a page of this service.
 *
 * @example
 * ```ts
 * import { deepStrictEqual } from "node:assert";
 * import { provenanceOf } from "./origin.ts";
 *
 * const of = (headers: Record<string, string>) =>
 *   provenanceOf(new Headers({ host: "localhost:8080", ...headers }));
 * deepStrictEqual(of({ "sec-fetch-site": "same-origin" }), "same");
 * deepStrictEqual(of({ origin: "http://localhost:8080" }), "same");
 * deepStrictEqual(of({ origin: "http://evil.example" }), "foreign");
 * deepStrictEqual(of({}), "unknown");
 * ```
 */
export function provenanceOf(headers: Headers): Provenance {
  const site = headers.get("sec-fetch-site");
  if (site === "same-origin") return "same";
  if (site !== null && site !== "none") return "foreign";
  const origin = headers.get("origin");
  if (origin === null) return "unknown";
  return URL.parse(origin)?.host === headers.get("host") ? "same" : "foreign";
}

/** Whether a method changes nothing. */
export function isSafe(method: string): boolean {
  return method === "GET" || method === "HEAD" || method === "OPTIONS";
}

/** Whether an address can be reached from this machine only. */
export function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || /^127(?:\.\d{1,3}){3}$/.test(host);
}

/**
 * Whether a URL names this machine. One that a page of another site asks for, having its own name lead
 * here (DNS rebinding), does not. A URL that names nothing comes from no browser.
 *
 * @example
 * ```ts
 * import { deepStrictEqual } from "node:assert";
 * import { namesThisMachine } from "./origin.ts";
 *
 * const hosts = ["localhost:8080", "a.localhost", "[::1]:80", "127.0.0.1", "127.0.0.1.evil.example"];
 * deepStrictEqual(
 *   hosts.map((host) => namesThisMachine(`http://${host}`)),
 *   [true, true, true, true, false],
 * );
 * ```
 */
export function namesThisMachine(url: string): boolean {
  const host = URL.parse(url)?.hostname.replace(/^\[(.*)\]$/, "$1");
  return host === undefined || isLoopback(host) || host.endsWith(".localhost");
}

/**
 * A path on this service, or `/` where a text is anything else.
 *
 * @example
 * ```ts
 * import { deepStrictEqual } from "node:assert";
 * import { localPath } from "./origin.ts";
 *
 * const others = ["https://evil.example/", "//evil.example", "/\\evil.example", "/.//evil.example", null];
 * deepStrictEqual(
 *   ["/dashboard/events?q=a", "/a//b", ...others].map(localPath),
 *   ["/dashboard/events?q=a", "/a//b", "/", "/", "/", "/", "/"],
 * );
 * ```
 */
export function localPath(text: string | null): string {
  const base = "http://localhost";
  const url = text?.startsWith("/") ? URL.parse(text, base) : null;
  if (url === null || url.origin !== base || url.pathname.startsWith("//")) return "/";
  return url.pathname + url.search;
}
