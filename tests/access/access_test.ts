/**
 * Who is let in, and who is not?
 */
import assert from "node:assert/strict";
import { Access } from "../../lib/access.ts";
import { SESSION_COOKIE } from "../../lib/access/sessions.ts";
import { parseTokens } from "../../lib/access/tokens.ts";
import { ProblemError } from "../../lib/errors.ts";
import {
  MAX_SESSIONS,
  MAX_UNKNOWN_TOKENS,
  RATE_BURST_SECONDS,
  REMEMBERED_PEERS,
} from "../../lib/access/limits.ts";

const text = (name: string) => `${name}-0123456789`.padEnd(16, "x");
const TOKENS = parseTokens(["publish", "read", "admin"].map((s) => `${s}:${s}:${text(s)}`).join());
const FRIEND = "https://logs.example";

function access(settings: Partial<ConstructorParameters<typeof Access>[0]> = {}): Access {
  return new Access({
    allowAnonymous: false,
    corsOrigins: [],
    host: "127.0.0.1",
    rateLimit: undefined,
    tokens: TOKENS,
    ...settings,
  });
}

type Headers = Record<string, string>;

function peer(hostname: string): Deno.NetAddr {
  return { transport: "tcp", hostname, port: 1 };
}

function admit(
  to: Access,
  method: string,
  route: string | null,
  headers: Headers,
  url = "http://localhost:8080/",
) {
  const request = new Request(url, { method, headers });
  return to.admit(request, route, peer("192.0.2.1"));
}

const bearer = (name: string) => ({ authorization: `Bearer ${text(name)}` });

/** Asserts that something is refused; gives back the problem. */
function refused(problem: ProblemError["problem"], run: () => unknown): ProblemError {
  try {
    run();
  } catch (error) {
    assert.ok(error instanceof ProblemError, String(error));
    assert.equal(error.problem, problem);
    return error;
  }
  throw new Error(`Expected ${problem}, was let in`);
}

Deno.test("with tokens, a route is for who has its scope, and admin has all", () => {
  const to = access();
  const allowed = (name: string) =>
    [["GET", "/stats"], ["POST", "/publish"], ["DELETE", "/dead-letters/:id"], ["GET", "/new"]]
      .filter(([method, route]) => {
        try {
          return admit(to, method!, route!, bearer(name)).grants.name === name;
        } catch (error) {
          assert.equal((error as ProblemError).problem, "insufficient-scope");
          return false;
        }
      }).map(([, route]) => route);
  assert.deepEqual(allowed("read"), ["/stats"]);
  assert.deepEqual(allowed("publish"), ["/publish"]);
  assert.deepEqual(allowed("admin"), ["/stats", "/publish", "/dead-letters/:id", "/new"]);
});

Deno.test("who is refused is told how to be let in", () => {
  const to = access();
  const challenge = (problem: ProblemError) => problem.extra.headers?.["www-authenticate"];
  const none = refused("unauthorized", () => admit(to, "GET", "/stats", {}));
  assert.equal(challenge(none), 'Bearer realm="sekali"');
  for (const authorization of ["Basic OnJlYWQ=", "Bearer", "Bearer  "]) {
    const other = refused("unauthorized", () => admit(to, "GET", "/stats", { authorization }));
    assert.equal(challenge(other), 'Bearer realm="sekali"', authorization);
  }
  const wrong = refused(
    "unauthorized",
    () => admit(to, "GET", "/stats", { authorization: `Bearer ${text("read")}x` }),
  );
  assert.equal(challenge(wrong), 'Bearer realm="sekali", error="invalid_token"');
  const lacks = refused("insufficient-scope", () => admit(to, "POST", "/publish", bearer("read")));
  assert.match(lacks.detail!, /read lacks the scope publish/);
  assert.match(challenge(lacks)!, /error="insufficient_scope", scope="publish"$/);
});

Deno.test("what is open takes no notice of a token, and nobody may do more there", () => {
  const { grants } = admit(access(), "GET", "/docs", { authorization: "Bearer x" });
  assert.deepEqual([grants.name, grants.scopes], [undefined, []]);
  assert.deepEqual(admit(access(), "OPTIONS", "/publish", {}).grants.scopes, []);
});

Deno.test("a session is its token's until it is closed, and of the oldest one too many", () => {
  const to = access();
  const id = to.logIn(text("read"), peer("::1"));
  const session = (id: string) => ({ cookie: `theme=dark; ${SESSION_COOKIE}=${id}` });
  assert.match(id, /^[0-9a-f]{64}$/);
  assert.equal(admit(to, "GET", "/stats", session(id)).grants.name, "read");
  refused("unauthorized", () => admit(to, "GET", "/stats", session(id.replace(/^./, "g"))));
  refused("unauthorized", () => admit(to, "GET", "/stats", session("0".repeat(64))));
  refused("unauthorized", () => to.logIn(`${text("read")} `, peer("::1")));
  refused("insufficient-scope", () => to.logIn(text("publish"), peer("::1")));
  const second = to.logIn(text("read"), peer("::1"));
  to.sessions.close(second);
  refused("unauthorized", () => admit(to, "GET", "/stats", session(second)));
  for (let i = 0; i < MAX_SESSIONS; i++) to.logIn(text("admin"), peer("::1"));
  refused("unauthorized", () => admit(to, "GET", "/stats", session(id)));
});

const CROSS_SITE: readonly Headers[] = [
  { "sec-fetch-site": "cross-site" },
  { "sec-fetch-site": "same-site", origin: "http://other.localhost:8080" },
  { origin: "http://evil.example" },
  { origin: "http://localhost:9090" },
  { origin: "null" },
];
const OWN: readonly Headers[] = [
  { "sec-fetch-site": "same-origin", origin: "http://localhost:8080" },
  { origin: "http://localhost:8080" },
];

Deno.test("no page of another site makes a browser change anything, with tokens or without", () => {
  for (const tokens of [[], TOKENS]) {
    const to = access({ tokens, corsOrigins: [FRIEND] });
    const host = { host: "localhost:8080" };
    for (const headers of CROSS_SITE) {
      refused("cross-site", () => admit(to, "POST", "/login", { ...host, ...headers }));
      if (tokens.length === 0) {
        refused("cross-site", () => admit(to, "POST", "/publish", { ...host, ...headers }));
        admit(to, "GET", "/stats", { ...host, ...headers });
      }
    }
    for (const headers of [...OWN, {}]) admit(to, "POST", "/login", { ...host, ...headers });
    admit(to, "POST", "/login", { ...host, "sec-fetch-site": "cross-site", origin: FRIEND });
  }
});

Deno.test("with a session only the service's own pages change something; a token of one's own does", () => {
  const to = access({ corsOrigins: [FRIEND] });
  const id = to.logIn(text("admin"), peer("::1"));
  const session = { host: "localhost:8080", cookie: `${SESSION_COOKIE}=${id}` };
  for (const headers of [...CROSS_SITE, { origin: FRIEND }, {}]) {
    refused("cross-site", () => admit(to, "POST", "/publish", { ...session, ...headers }));
  }
  for (const headers of OWN) admit(to, "POST", "/publish", { ...session, ...headers });
  admit(to, "POST", "/publish", { ...bearer("publish"), origin: FRIEND });
});

Deno.test("without tokens only names of this machine are served on loopback, unless anyone is let in", () => {
  const ask = (url: string, settings = {}) =>
    admit(access({ tokens: [], ...settings }), "GET", "/stats", {}, url);
  for (const host of ["localhost:8080", "127.0.0.1:80", "[::1]:8080", "a.localhost"]) {
    assert.equal(ask(`http://${host}/stats`).grants.scopes[0], "admin");
  }
  const foreign = "http://evil.example:8080/stats";
  for (const url of [foreign, "http://127.0.0.1.evil.example/", "http://127.evil.example/"]) {
    refused("another-host", () => ask(url));
  }
  ask(foreign, { allowAnonymous: true });
  ask(foreign, { host: "0.0.0.0" });
  admit(access(), "GET", "/stats", bearer("read"), foreign);
  const to = access({ tokens: [] });
  admit(to, "GET", "/stats", {}, "http://localhost/a");
  refused("another-host", () => admit(to, "GET", "/stats", {}, foreign));
});

Deno.test("a token has its requests, then 429 with what is left; another's are not touched", () => {
  const to = access({ rateLimit: 2 });
  const most = 2 * RATE_BURST_SECONDS;
  const { headers } = admit(to, "GET", "/stats", bearer("read"));
  assert.deepEqual(headers, {
    "ratelimit-policy": `"token";q=${most};w=${RATE_BURST_SECONDS}`,
    ratelimit: `"token";r=${most - 1};t=1`,
  });
  for (let i = 1; i < most; i++) {
    refused("insufficient-scope", () => admit(to, "POST", "/publish", bearer("read")));
  }
  const problem = refused("too-many-requests", () => {
    for (let i = 0; i <= most; i++) admit(to, "GET", "/stats", bearer("read"));
  });
  assert.equal(problem.extra.headers?.["retry-after"], "1");
  assert.match(problem.extra.headers?.["ratelimit"] ?? "", /^"token";r=0;t=\d+$/);
  admit(to, "GET", "/docs", bearer("read"));
  admit(to, "GET", "/stats", bearer("admin"));
});

Deno.test("many different unknown tokens of a peer are 429; a known one is let in all the same", () => {
  const to = access();
  const ask = (token: string, from = "192.0.2.1") =>
    to.admit(
      new Request("http://localhost/", { headers: { authorization: `Bearer ${token}` } }),
      "/stats",
      peer(from),
    );
  for (let i = 0; i < MAX_UNKNOWN_TOKENS; i++) {
    for (let again = 0; again < 3; again++) refused("unauthorized", () => ask(`unknown-${i}`));
  }
  const { extra } = refused("too-many-tokens", () => ask("one-more"));
  assert.match(extra.headers?.["retry-after"] ?? "", /^(?:60|59)$/);
  refused("too-many-tokens", () => to.logIn("one-more", peer("192.0.2.1")));
  admit(to, "GET", "/healthz", { authorization: "Bearer one-more" });
  refused("unauthorized", () => ask("unknown-0"));
  refused("unauthorized", () => ask("one-more", "192.0.2.2"));
  assert.equal(ask(text("read")).grants.name, "read");
  for (let i = 0; i < REMEMBERED_PEERS; i++) {
    refused("unauthorized", () => ask("x", `198.51.${i >> 8}.${i & 255}`));
  }
  refused("unauthorized", () => ask("one-more"));
});
