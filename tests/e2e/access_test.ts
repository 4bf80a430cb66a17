/**
 * A running service with tokens: who gets what, with a token, a session, or neither?
 */
import assert from "node:assert/strict";
import { TABLE } from "../../lib/access/table.ts";
import type { ApiDocument } from "../../lib/openapi/document.ts";
import { event } from "../helpers/events.ts";
import { until } from "../helpers/service.ts";
import { useSharedService } from "../helpers/service_tests.ts";

const text = (name: string) => `${name}-0123456789abcdef`;
const API_TOKENS = [
  `reader:read:${text("reader")}`,
  `admin:admin:${text("admin")}`,
  `shop:publish(shop.>)+read:${text("shop")}`,
  `writer:publish:${text("writer")}`,
].join();

const test = useSharedService({
  API_TOKENS,
  CORS_ORIGINS: "https://logs.example",
  RATE_LIMIT: "50",
});

const html = { accept: "text/html" };
const json = { "content-type": "application/json" };
const bearer = (name: string) => ({ authorization: `Bearer ${text(name)}` });

/** Asks, without following; reads all of the answer. */
async function ask(url: string, init: RequestInit & { headers?: Record<string, string> } = {}) {
  const response = await fetch(url, { redirect: "manual", ...init });
  const { status, headers } = response;
  const body = headers.get("content-type")?.startsWith("text/event-stream")
    ? (await response.body?.cancel(), "")
    : await response.text();
  return { status, headers, body, problem: problemIn(body) };
}

function problemIn(body: string): { type: string; detail: string; errors: unknown } | undefined {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}

/** Logs in as a browser does. */
async function logIn(url: string, token: string, headers: Record<string, string> = {}) {
  const body = new URLSearchParams({ token, next: "/dashboard/events?q=a" });
  const answer = await ask(`${url}/login`, {
    method: "POST",
    body,
    headers: { ...html, ...headers },
  });
  const cookie = answer.headers.get("set-cookie")?.split(";", 1)[0] ?? "";
  return { ...answer, session: { cookie, origin: url } };
}

test("nothing but what is open is answered without a token, on any route", async ({ url }) => {
  for (const [route, needs] of Object.entries(TABLE)) {
    const path = route.replaceAll(/:\w+/g, "1");
    for (const [method, need] of Object.entries(needs)) {
      const { status, headers, problem } = await ask(url + path, { method });
      if (need === "open") {
        assert.notEqual(status, 401, `${method} ${path}`);
        continue;
      }
      assert.deepEqual([status, problem?.type], [401, "/docs#problem-unauthorized"], path);
      assert.equal(headers.get("www-authenticate"), 'Bearer realm="sekali"');
    }
    assert.equal((await ask(url + path, { method: "OPTIONS" })).status, 204, path);
  }
  assert.equal((await ask(`${url}/styles.css`)).status, 200);
  assert.equal((await ask(`${url}/nothing`)).status, 404);
});

test("a token opens what its scopes say, and no more, whatever it is", async ({ url }) => {
  for (
    const [name, method, path, status] of [
      ["reader", "GET", "/stats", 200],
      ["reader", "HEAD", "/stats", 200],
      ["reader", "GET", "/stream", 200],
      ["reader", "GET", "/metrics", 200],
      ["reader", "GET", "/dead-letters/1", 404],
      ["reader", "DELETE", "/dead-letters/1", 403],
      ["reader", "POST", "/dead-letters/1/replay", 403],
      ["reader", "POST", "/dashboard/dead-letters", 403],
      ["reader", "POST", "/publish", 403],
      ["reader", "GET", "/dashboard/publish", 403],
      ["reader", "PUT", "/publish", 405],
      ["shop", "POST", "/publish", 415],
      ["admin", "DELETE", "/dead-letters/1", 404],
      ["admin", "POST", "/dead-letters/1/replay", 404],
      ["nobody", "GET", "/stats", 401],
    ] as const
  ) {
    const answer = await ask(url + path, { method, headers: bearer(name) });
    assert.equal(answer.status, status, `${name} ${method} ${path}`);
    if (status === 403) {
      assert.match(answer.problem!.detail, /^The token reader lacks the scope \w+$/);
    }
    if (status === 405) assert.equal(answer.headers.get("allow"), "POST, OPTIONS");
  }
});

test("a batch with a topic that is not the token's is not stored; with partial the rest is", async ({ url }) => {
  const body = JSON.stringify([event({ topic: "shop.a" }), event({ topic: "bank.a" })]);
  const post = (query: string, name: string) =>
    ask(`${url}/publish${query}`, { method: "POST", headers: { ...json, ...bearer(name) }, body });
  const stats = async () =>
    JSON.parse((await ask(`${url}/stats`, { headers: bearer("admin") })).body);
  const before = (await stats()).received;
  const refused = await post("", "shop");
  const errors = [{ index: 1, path: "topic", message: "is none that the token may publish to" }];
  assert.deepEqual([refused.status, refused.problem?.errors], [403, errors]);
  assert.equal((await stats()).received, before);
  const partial = await post("?partial=true", "shop");
  assert.equal(partial.status, 202);
  assert.deepEqual(JSON.parse(partial.body), {
    status: "accepted",
    accepted: 1,
    rejected: 1,
    errors,
  });
  assert.equal((await post("", "admin")).status, 202);
  await until(stats, ({ received, pending }) => pending === 0 && received === before + 3);
});

test("of a topic that stands there twice, the one that was judged is the one that is stored", async ({ url }) => {
  const twice = JSON.stringify(event({ topic: "bank.b", event_id: "twice" }))
    .replace(/}$/, ',"topic":"shop.b"}');
  const headers = { ...json, ...bearer("shop"), prefer: "wait=10" };
  const { status, body } = await ask(`${url}/publish`, { method: "POST", headers, body: twice });
  assert.deepEqual([status, JSON.parse(body).topic], [200, "shop.b"]);
  const found = async (topic: string) =>
    (await ask(`${url}/events/${topic}/twice`, { headers: bearer("shop") })).status;
  assert.deepEqual([await found("shop.b"), await found("bank.b")], [200, 404]);
});

test("answers say how many requests are left", async ({ url }) => {
  for (const path of ["/stats", "/topics/none", "/events?limit=x"]) {
    const { headers } = await ask(url + path, { headers: bearer("reader") });
    assert.equal(headers.get("ratelimit-policy"), '"token";q=500;w=10');
    assert.match(headers.get("ratelimit")!, /^"token";r=\d+;t=\d+$/);
  }
});

test("a browser is sent to log in, and back with a session that other sites cannot use", async ({ url }) => {
  const first = await ask(`${url}/dashboard/events?q=a`, { headers: html });
  assert.equal(first.status, 303);
  assert.equal(first.headers.get("location"), "/login?next=%2Fdashboard%2Fevents%3Fq%3Da");
  const form = await ask(url + first.headers.get("location"), { headers: html });
  assert.match(form.body, /<input type="hidden" name="next" value="\/dashboard\/events\?q=a"/);
  const { status, headers, session } = await logIn(url, ` ${text("admin")}\n`);
  assert.deepEqual([status, headers.get("location")], [303, "/dashboard/events?q=a"]);
  assert.match(headers.get("set-cookie")!, /; HttpOnly; SameSite=Strict$/);
  const secure = await logIn(url, text("admin"), { "x-forwarded-proto": "https" });
  assert.match(secure.headers.get("set-cookie")!, /; Secure$/);

  for (const path of ["/", "/stats", "/stream", "/dashboard/publish"]) {
    assert.equal((await ask(url + path, { headers: session })).status, 200, path);
  }
  const post = (headers: Record<string, string>) =>
    ask(`${url}/publish`, {
      method: "POST",
      headers: { ...json, ...headers },
      body: JSON.stringify(event()),
    });
  assert.equal((await post(session)).status, 202);
  for (const origin of ["http://evil.example", "https://logs.example", "null"]) {
    const foreign = await post({ ...session, origin });
    assert.deepEqual([foreign.status, foreign.problem?.type], [403, "/docs#problem-cross-site"]);
  }

  const out = await ask(`${url}/logout`, { method: "POST", headers: { ...session, ...html } });
  assert.deepEqual([out.status, out.headers.get("location")], [303, "/login"]);
  assert.match(out.headers.get("set-cookie")!, /^sekali_session=; .*Max-Age=0/);
  assert.equal((await ask(`${url}/stats`, { headers: session })).status, 401);
});

test("a wrong token is wrong at its field, and one that may not read, too", async ({ url }) => {
  for (
    const [token, status, said] of [
      ["wr0ng-s3cret-t0ken", 401, "The token is not known"],
      ["", 401, "The token is not known"],
      [text("writer"), 403, "The token writer lacks the scope read"],
    ] as const
  ) {
    const answer = await logIn(url, token);
    assert.equal(answer.status, status);
    assert.match(answer.body, new RegExp(`id="token-wrong" role="alert">${said}`));
    assert.match(answer.body, /<input[^>]* id="token"[^>]* aria-invalid="true"/);
    assert.ok(!answer.body.includes("wr0ng"));
    assert.match(
      answer.headers.get("www-authenticate")!,
      /error="in(?:valid_token|sufficient_scope)"/,
    );
    assert.equal(answer.headers.get("set-cookie"), null);
  }
});

test("only paths of the service are gone to after the login", async ({ url }) => {
  for (
    const next of [
      "//evil.example/a",
      "/.//evil.example",
      "https://evil.example/",
      "/\\evil.example",
      "x",
    ]
  ) {
    const body = new URLSearchParams({ token: text("reader"), next });
    const { headers } = await ask(`${url}/login`, { method: "POST", body });
    assert.equal(headers.get("location"), "/", next);
  }
});

test("a page is told as a page why not, with the headers of the problem", async ({ url }) => {
  const { session } = await logIn(url, text("reader"));
  const lacks = await ask(`${url}/dashboard/publish`, { headers: { ...html, ...session } });
  assert.deepEqual([lacks.status, /<h1>403<\/h1>/.test(lacks.body)], [403, true]);
  assert.match(lacks.headers.get("www-authenticate")!, /error="insufficient_scope"/);
  const wrong = await ask(url, { headers: { ...html, authorization: "Bearer wrong" } });
  assert.deepEqual([wrong.status, /<h1>401<\/h1>/.test(wrong.body)], [401, true]);
  assert.match(wrong.headers.get("www-authenticate")!, /error="invalid_token"/);
  const expired = await ask(`${url}/dashboard/publish`, { method: "POST", headers: html });
  assert.equal(expired.headers.get("location"), "/login?next=%2Fdashboard%2Fpublish");
});

test("who may only read is offered no more, and the command has its token from the shell", async ({ url }) => {
  const page = async (path: string, name: string) => {
    const { session } = await logIn(url, text(name));
    return (await ask(url + path, { headers: { ...html, ...session } })).body;
  };
  const stranger = (await ask(`${url}/login`, { headers: html })).body;
  assert.ok(!/href="\/dashboard|role="search"|Log out/.test(stranger));
  assert.match(await page("/", "reader"), /title="Logged in as reader">Log out</);
  assert.ok(
    (await page("/dashboard/publish", "admin"))
      .includes("/publish' -H &quot;Authorization: Bearer $API_TOKEN&quot;"),
  );
});

test("a page of a configured origin gets in with its token, and is told why not", async ({ url }) => {
  const origin = "https://logs.example";
  const headers = { "access-control-request-method": "GET", origin };
  const preflight = await ask(`${url}/stats`, { method: "OPTIONS", headers });
  assert.equal(preflight.headers.get("access-control-allow-origin"), origin);
  for (const [token, status] of [[bearer("reader"), 200], [{}, 401]] as const) {
    const answer = await ask(`${url}/stats`, { headers: { ...token, origin } });
    assert.equal(answer.status, status);
    assert.equal(answer.headers.get("access-control-allow-origin"), origin);
    assert.match(
      answer.headers.get("access-control-expose-headers")!,
      /\bratelimit,ratelimit-policy,.*www-authenticate/,
    );
  }
});

test("the description says what each operation needs, and how it is refused", async ({ url }) => {
  const document: ApiDocument = JSON.parse((await ask(`${url}/openapi.json`)).body);
  const { securitySchemes } = document.components!;
  assert.deepEqual(Object.keys(securitySchemes!), ["token", "session"]);
  for (const [path, item] of Object.entries(document.paths!)) {
    for (const [method, { security, responses, description }] of Object.entries(item!)) {
      const needs = TABLE[path.replaceAll(/\{(\w+)\}/g, ":$1")] as Record<string, string>;
      const need = needs[method.toUpperCase()]!;
      if (need === "open") {
        assert.deepEqual(security, [], path);
        continue;
      }
      assert.deepEqual(security, [{ token: [need] }, { session: [need] }], path);
      assert.ok(description.includes(`\`${need}\``), path);
      for (const status of [401, 403, 429]) assert.ok(status in responses, `${path} ${status}`);
    }
  }
});
