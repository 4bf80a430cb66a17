/**
 * Headers that every answer bears, whatever made it: a page, a problem, a file.
 */

/** For what is no page with scripts: JSON, problems, and pages that only say what went wrong. */
const WITHOUT_SCRIPTS = [
  "default-src 'none'",
  "style-src 'self'",
  "img-src 'self'",
  "base-uri 'none'",
  "form-action 'self'",
  "frame-ancestors 'none'",
].join("; ");

const HEADERS: Readonly<Record<string, string>> = {
  "x-content-type-options": "nosniff",
  "referrer-policy": "same-origin",
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
  "permissions-policy": "camera=(), geolocation=(), microphone=()",
};

/** What Fresh's policy for pages is given in place of its defaults. */
export const PAGE_POLICY: string[] = [
  "base-uri 'none'",
  "media-src 'none'",
  "worker-src 'none'",
];

/**
 * Adds the headers to an answer. A page keeps its own policy, which knows its nonce; everything else
 * may run nothing. Requests are not upgraded to HTTPS: that is for whoever serves it by HTTPS to ask.
 */
export function secure(response: Response): Response {
  const { headers } = response;
  for (const [name, value] of Object.entries(HEADERS)) headers.set(name, value);
  const policy = headers.get("content-security-policy");
  const own = policy?.includes("'nonce-")
    ? policy.replace("; upgrade-insecure-requests", "")
    : null;
  headers.set("content-security-policy", own ?? WITHOUT_SCRIPTS);
  return response;
}
