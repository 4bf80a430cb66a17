/**
 * What every answer bears, whoever made it.
 */
import assert from "node:assert/strict";
import { events } from "../helpers/events.ts";
import { useSharedService } from "../helpers/service_tests.ts";

const test = useSharedService();

const html = { accept: "text/html" };

test("a page runs scripts and styles by nonce only, a new one each time", async (service) => {
  const nonces = new Set<string>();
  for (let i = 0; i < 2; i++) {
    const response = await fetch(service.url, { headers: html });
    const policy = response.headers.get("content-security-policy")!;
    const [, nonce] = /script-src 'self' 'nonce-(\w+)';/.exec(policy)!;
    assert.ok(!policy.includes("unsafe"), policy);
    assert.match(await response.text(), new RegExp(`<script type="module" nonce="${nonce}">`));
    nonces.add(nonce!);
  }
  assert.equal(nonces.size, 2);
});

for (
  const [path, init] of [["/stats", {}], ["/nothing", {}], ["/nothing", { headers: html }]] as const
) {
  test(`${path} as ${JSON.stringify(init)} may run nothing`, async (service) => {
    const response = await fetch(service.url + path, init);
    await response.body?.cancel();
    assert.match(response.headers.get("content-security-policy")!, /^default-src 'none'; /);
  });
}

for (const path of ["/", "/stats", "/styles.css", "/nothing", "/%ff"]) {
  test(`${path} is not sniffed, framed or told to others`, async (service) => {
    const { headers, body } = await fetch(service.url + path);
    await body?.cancel();
    assert.equal(headers.get("x-content-type-options"), "nosniff");
    assert.equal(headers.get("referrer-policy"), "same-origin");
    assert.match(headers.get("content-security-policy")!, /frame-ancestors 'none'/);
  });
}

test("an answer to a publisher is not sniffed, may run nothing, and says no more", async (service) => {
  const { headers, body } = await service.publish(events(1));
  await body?.cancel();
  assert.equal(headers.get("x-content-type-options"), "nosniff");
  assert.match(headers.get("content-security-policy")!, /^default-src 'none'; /);
  const others = ["content-length", "content-type", "date", "vary", "x-request-id"];
  assert.deepEqual(
    [...headers.keys()].filter((name) => !others.includes(name)),
    ["content-security-policy", "x-content-type-options"],
  );
});

test("the theme is the cookie's, in the document that the server sends", async (service) => {
  const page = async (cookie: string) =>
    await (await fetch(service.url, { headers: { ...html, cookie } })).text();
  assert.match(await page("theme=dark"), /<html lang="en" data-theme="dark">/);
  assert.match(await page("theme=x"), /<html lang="en" data-theme="system">/);
});
