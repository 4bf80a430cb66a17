/**
 * Pages of other origins: none, but those that are configured.
 */
import assert from "node:assert/strict";
import { useService } from "../helpers/service_tests.ts";

const test = useService();

const FRIEND = "https://logs.example";
const allowed = ({ headers }: Response) => headers.get("access-control-allow-origin");

async function ask(url: string, method: string, headers: Record<string, string>) {
  const response = await fetch(url, { method, headers });
  await response.body?.cancel();
  return response;
}

test("no page of another origin is let in where none is configured", async (service) => {
  for (const method of ["GET", "OPTIONS"]) {
    const headers = { origin: FRIEND, "access-control-request-method": "GET" };
    const response = await ask(`${service.url}/events`, method, headers);
    const names = [...response.headers.keys()];
    assert.deepEqual(names.filter((name) => name.startsWith("access-control-")), []);
  }
});

test(
  "a page of a configured origin is let in, errors included; others are not",
  async (service) => {
    for (const path of ["/stats", "/events?limit=x", "/nothing", "/dead-letters/1"]) {
      const friend = await ask(service.url + path, "GET", { origin: FRIEND });
      assert.equal(allowed(friend), FRIEND, path);
      assert.match(friend.headers.get("vary") ?? "", /\bOrigin\b/);
      assert.equal(friend.headers.get("access-control-allow-credentials"), null);
      for (const origin of ["https://other.example", "null", `${FRIEND}.other.example`]) {
        assert.equal(allowed(await ask(service.url + path, "GET", { origin })), null, origin);
      }
      const own = await ask(service.url + path, "GET", {});
      assert.match(own.headers.get("vary") ?? "", /\bOrigin\b/);
    }
  },
  { CORS_ORIGINS: FRIEND },
);

test("a preflight of a configured origin is granted what the API takes", async (service) => {
  const preflight = (origin: string) =>
    ask(`${service.url}/publish`, "OPTIONS", {
      origin,
      "access-control-request-method": "POST",
      "access-control-request-headers": "authorization,content-type",
    });
  const granted = await preflight(FRIEND);
  assert.deepEqual([granted.status, allowed(granted)], [204, FRIEND]);
  assert.match(granted.headers.get("access-control-allow-methods")!, /\bPOST\b/);
  assert.equal(granted.headers.get("access-control-allow-headers"), "authorization,content-type");
  assert.equal(allowed(await preflight("https://other.example")), null);
  const plain = await ask(`${service.url}/publish`, "OPTIONS", { origin: FRIEND });
  assert.equal(plain.headers.get("allow"), "POST, OPTIONS");
}, { CORS_ORIGINS: `https://a.example,${FRIEND}` });
