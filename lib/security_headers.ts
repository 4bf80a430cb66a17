/**
 * Headers that every answer bears, whatever made it: a page, a problem, a file.
 */
import { isSafe } from "./access/origin.ts";

/** For what is no page with scripts: JSON, problems, and pages that only say what went wrong. */
const WITHOUT_SCRIPTS = [
  "default-src 'none'",
  "style-src 'self'",
  "img-src 'self'",
  "base-uri 'none'",
  "form-action 'self'",
  "frame-ancestors 'none'",
].join("; ");

/** For what a browser can show or load: a page that was asked for, a file, JSON that is read. */
const SHOWN: Readonly<Record<string, string>> = {
  "x-content-type-options": "nosniff",
  "referrer-policy": "same-origin",
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
  "permissions-policy": "camera=(), geolocation=(), microphone=()",
};

/**
 * For what answers a program that changed something. The other headers say nothing of it, and each one
 * costs as much as to validate an event.
 */
const TOLD: Readonly<Record<string, string>> = { "x-content-type-options": "nosniff" };

/** What Fresh's policy for pages is given in place of its defaults. */
export const PAGE_POLICY: string[] = [
  "base-uri 'none'",
  "media-src 'none'",
  "worker-src 'none'",
];

/**
 * Adds the headers to an answer. A page keeps its own policy, which knows its nonce; everything else
 * may run nothing. Requests are not upgraded to HTTPS: that is for whoever serves it by HTTPS to ask.
 *
 * @param method of the request
 */
export function secure(response: Response, method: string): Response {
  const { headers } = response;
  const isShown = isSafe(method) || headers.get("content-type")?.startsWith("text/html");
  for (const [name, value] of Object.entries(isShown ? SHOWN : TOLD)) headers.set(name, value);
  const policy = headers.get("content-security-policy");
  const own = policy?.includes("'nonce-")
    ? policy.replace("; upgrade-insecure-requests", "")
    : null;
  headers.set("content-security-policy", own ?? WITHOUT_SCRIPTS);
  return response;
}
