import { deepEqual, equal, match } from "node:assert/strict";
import { App, cors, csp, csrf, HttpError, ipFilter, trailingSlashes } from "fresh";
import { ask } from "./helpers.ts";

const POLICY = "content-security-policy";

Deno.test("csp() sets the default policy, entries replace those of their name", async () => {
  const app = new App().use(csp({ csp: ["font-src 'none'", "x-src a"] })).get(
    "/",
    (ctx) => ctx.text(""),
  );
  const policy = (await ask(app, "/")).headers.get(POLICY)!.split("; ");
  equal(policy.length, 14);
  deepEqual([policy[0], policy[3], policy[13]], [
    "default-src 'self'",
    "font-src 'none'",
    "x-src a",
  ]);
});

Deno.test("csp() with nonces allows the rendered page's scripts, and text nothing new", async () => {
  const app = new App().use(csp({ useNonce: true })).get("/page", (ctx) => ctx.render(null))
    .get("/text", (ctx) => ctx.text(""));
  match((await ask(app, "/page")).headers.get(POLICY)!, /script-src 'self' 'nonce-[0-9a-f]{32}';/);
  match((await ask(app, "/text")).headers.get(POLICY)!, /script-src 'self' 'unsafe-inline';/);
});

Deno.test("csp() can only report", async () => {
  const app = new App().use(csp({ reportOnly: true, reportTo: "/r" })).get("/", (c) => c.text(""));
  const { headers } = await ask(app, "/");
  equal(headers.get(POLICY), null);
  match(headers.get(`${POLICY}-report-only`)!, /report-to csp-endpoint; report-uri \/r$/);
});

Deno.test("csp() does not reach what the root error route answers", async () => {
  const app = new App().onError("*", () => new Response("e")).use(csp()).get("/", () => {
    throw new HttpError(400);
  });
  equal((await ask(app, "/")).headers.get(POLICY), null);
});

const origin = "https://a.b";
const preflight = { method: "OPTIONS", headers: { origin } };

Deno.test("cors() at the root answers preflights", async () => {
  const app = new App().use(cors({ origin, maxAge: 60 })).get("/c", (ctx) => ctx.text("c"));
  const response = await ask(app, "/c", preflight);
  equal(response.status, 204);
  deepEqual([...response.headers], [
    ["access-control-allow-methods", "GET,HEAD,PUT,POST,DELETE,PATCH"],
    ["access-control-allow-origin", origin],
    ["access-control-max-age", "60"],
    ["vary", "Origin"],
  ]);
});

Deno.test("cors() of a path is not asked about preflights, which name the methods", async () => {
  const app = new App().use("/api", cors({ origin })).get("/api/c", (ctx) => ctx.text("c"));
  deepEqual([...(await ask(app, "/api/c", preflight)).headers], [["allow", "GET"]]);
  const { headers } = await ask(app, "/api/c", { headers: { origin } });
  equal(headers.get("access-control-allow-origin"), origin);
});

Deno.test("cors() allows one of several origins, credentials and headers as asked", async () => {
  const app = new App().use(cors({ origin: ["https://c.d", origin], credentials: true }))
    .get("/", (ctx) => ctx.text(""));
  const headers = { origin, "access-control-request-headers": "x-a, x-b" };
  const allowed = (await ask(app, "/", { method: "OPTIONS", headers })).headers;
  equal(allowed.get("access-control-allow-headers"), "x-a,x-b");
  equal(allowed.get("access-control-allow-credentials"), "true");
  const other = (await ask(app, "/", { headers: { origin: "https://evil" } })).headers;
  deepEqual([other.get("access-control-allow-origin"), other.get("vary")], [null, "Origin"]);
});

Deno.test("csrf() turns away what another origin makes a browser send", async () => {
  const post = async (headers: Record<string, string>, allowed?: string) => {
    const app = new App().use(csrf(allowed === undefined ? {} : { origin: allowed }))
      .all("/", (ctx) => ctx.text("ok"));
    equal((await ask(app, "/", { headers })).status, 200);
    return (await ask(app, "/", { method: "POST", headers })).status;
  };
  equal(await post({}), 200);
  equal(await post({ origin: "http://localhost" }), 200);
  equal(await post({ origin }), 403);
  equal(await post({ origin }, origin), 200);
  equal(await post({ "sec-fetch-site": "same-origin" }), 200);
  equal(await post({ "sec-fetch-site": "cross-site" }), 403);
});

Deno.test("ipFilter() knows addresses and blocks of both versions, denied ones first", async () => {
  const rules = { denyList: ["10.1.1.1"], allowList: ["10.0.0.0/8", "2001:db8::/32", "::1"] };
  const handler = new App().use(ipFilter(rules)).get("/", (ctx) => ctx.text("ok")).handler();
  const from = async (hostname: string) => {
    const remoteAddr = { transport: "tcp", hostname, port: 1 } as const;
    const info = { remoteAddr, completed: Promise.resolve() };
    return (await handler(new Request("http://localhost/"), info)).status;
  };
  const addresses = ["10.1.1.1", "10.2.3.4", "11.2.3.4", "2001:db8::7", "::1", "::2", "localhost"];
  deepEqual(await Promise.all(addresses.map(from)), [403, 200, 403, 200, 200, 403, 403]);
});

Deno.test("trailingSlashes() redirects to one spelling of a path and keeps the query", async () => {
  const location = async (mode: "always" | "never", path: string) => {
    const app = new App().use(trailingSlashes(mode)).get("/*", (ctx) => ctx.text(""));
    return (await ask(app, path)).headers.get("location");
  };
  equal(await location("never", "/a/?q=1"), "/a?q=1");
  equal(await location("always", "/a?q=1"), "/a/?q=1");
  equal(await location("never", "/a"), null);
  equal(await location("never", "/"), null);
});
