/**
 * How long does a session last, and what does its cookie say?
 */
import assert from "node:assert/strict";
import { sessionCookie, sessionIdOf, Sessions } from "../../lib/access/sessions.ts";
import { parseTokens } from "../../lib/access/tokens.ts";
import { SESSION_MS } from "../../lib/access/limits.ts";

const [token] = parseTokens("a:read:0123456789abcdef");

Deno.test("a session ends after its time, and no two have one id", () => {
  const sessions = new Sessions();
  const id = sessions.open(token, 1_000);
  assert.notEqual(sessions.open(token, 1_000), id);
  assert.equal(sessions.find(id, 1_000 + SESSION_MS - 1), token);
  assert.equal(sessions.find(id, 1_000 + SESSION_MS), undefined);
  assert.equal(sessions.find(id, 1_000), undefined);
});

Deno.test("its cookie is out of reach of scripts and other sites, and goes over HTTPS where it came so", () => {
  const ask = (headers = {}) => new Request("http://localhost/", { headers });
  const plain = sessionCookie("ab", ask());
  assert.equal(
    plain,
    "sekali_session=ab; Path=/; Max-Age=43200; HttpOnly; SameSite=Strict",
  );
  for (const proto of ["https", "HTTPS, http"]) {
    assert.equal(sessionCookie("ab", ask({ "x-forwarded-proto": proto })), `${plain}; Secure`);
  }
  assert.equal(sessionCookie("ab", ask({ "x-forwarded-proto": "http, https" })), plain);
  assert.equal(sessionCookie("ab", new Request("https://a/")), `${plain}; Secure`);
  assert.match(sessionCookie(undefined, ask()), /^sekali_session=; Path=\/; Max-Age=0; /);
});

Deno.test("an id is found among other cookies, and nothing else is one", () => {
  const id = "0a".repeat(32);
  const of = (cookie: string) => sessionIdOf(new Headers({ cookie }));
  assert.equal(of(`theme=dark; sekali_session=${id}; x=1`), id);
  for (const cookie of [`xsekali_session=${id}`, `sekali_session=${id}a`, "sekali_session=", "a"]) {
    assert.equal(of(cookie), undefined, cookie);
  }
});
