/**
 * Whatever goes wrong is told as a problem of a kind that is documented, or on a page to who asked for
 * one.
 */
import assert from "node:assert/strict";
import { PROBLEMS, problemType } from "../../lib/problems.ts";
import { exchange } from "../helpers/http.ts";
import { useSharedService } from "../helpers/service_tests.ts";

const test = useSharedService();

const html = { accept: "text/html" };
const TYPES = new Map(Object.keys(PROBLEMS).map((name) => [`/docs#problem-${name}`, name]));

/** Asserts that an answer is a problem of a known kind; gives back its name. */
async function problemOf(response: Response): Promise<string> {
  assert.equal(response.headers.get("content-type"), "application/problem+json");
  const { type, title, status, detail, request_id } = await response.json();
  const name = TYPES.get(type);
  assert.ok(name !== undefined, type);
  const { title: known } = PROBLEMS[name as keyof typeof PROBLEMS];
  assert.deepEqual([title, status, typeof detail], [known, response.status, "string"]);
  assert.equal(request_id, response.headers.get("x-request-id"));
  return name;
}

for (
  const [method, path, status, name] of [
    ["GET", "/nothing", 404, "not-found"],
    ["GET", "/favicon.ico", 404, "not-found"],
    ["GET", "/_fresh/js/none/boot.js", 404, "not-found"],
    ["GET", "/events/%ff/1", 400, "malformed-url"],
    ["GET", "/dead-letters/%", 400, "malformed-url"],
    ["GET", "/events?nothing=1", 400, "bad-parameter"],
    ["GET", `/events?q=${"x".repeat(20_000)}`, 414, "url-too-long"],
    ["POST", "/publish", 415, "unsupported-media-type"],
  ] as const
) {
  test(`${method} ${path.slice(0, 40)} is ${status}, ${name}`, async (service) => {
    const response = await fetch(service.url + path, { method });
    assert.equal(response.status, status);
    assert.equal(await problemOf(response), name);
    const head = await fetch(service.url + path, { method: "HEAD" });
    if (method === "GET") assert.deepEqual([head.status, await head.text()], [status, ""]);
  });
}

for (
  const [method, path, allow] of [
    ["GET", "/publish", "POST, OPTIONS"],
    ["PUT", "/publish", "POST, OPTIONS"],
    ["DELETE", "/events", "GET, HEAD, OPTIONS"],
    ["POST", "/", "GET, HEAD, OPTIONS"],
    ["PROPFIND", "/dead-letters/1", "GET, DELETE, HEAD, OPTIONS"],
    ["FOO", "/publish", "POST, OPTIONS"],
    ["POST", "/styles.css", "GET, HEAD"],
    ["OPTIONS", "/styles.css", "GET, HEAD"],
  ] as const
) {
  test(`${method} ${path} is 405 with what is allowed`, async (service) => {
    const response = await fetch(service.url + path, { method });
    assert.deepEqual([response.status, response.headers.get("allow")], [405, allow]);
    assert.equal(await problemOf(response), "method-not-allowed");
  });
}

test("OPTIONS tells what is allowed", async (service) => {
  const response = await fetch(`${service.url}/dead-letters/1`, { method: "OPTIONS" });
  await response.body?.cancel();
  assert.deepEqual(
    [response.status, response.headers.get("allow")],
    [204, "GET, DELETE, HEAD, OPTIONS"],
  );
});

test("a browser gets a page, with the headers of the error", async (service) => {
  for (
    const [path, status, allow] of [["/nothing", 404, null], [
      "/publish",
      405,
      "POST, OPTIONS",
    ]] as const
  ) {
    const response = await fetch(service.url + path, { headers: html });
    assert.deepEqual([response.status, response.headers.get("allow")], [status, allow]);
    assert.match(response.headers.get("content-type")!, /^text\/html/);
    assert.match(await response.text(), new RegExp(`<h1>${status}</h1>`));
  }
});

test("a Host that is none is a problem, not a failure", async (service) => {
  for (const path of ["/events?limit=1", "/nothing"]) {
    const request = `GET ${path} HTTP/1.1\r\nHost: a b<>\r\nConnection: close\r\n\r\n`;
    const { status, body } = await exchange(service.url, request);
    assert.deepEqual([status, JSON.parse(body).type], [400, problemType("malformed-url")]);
  }
});

test("a page of another site changes nothing, and reads nothing by a name of its own", async (service) => {
  const site = { "sec-fetch-site": "cross-site", origin: "https://evil.example" };
  for (const path of ["/publish", "/dead-letters/1/replay", "/dashboard/publish", "/nothing"]) {
    const response = await fetch(service.url + path, { method: "POST", headers: site });
    assert.deepEqual([response.status, await problemOf(response)], [403, "cross-site"], path);
  }
  for (
    const [host, status] of [["evil.example", 421], ["evil.example:80", 421], ["a.localhost", 200]]
  ) {
    const request = `GET /stats HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`;
    assert.equal((await exchange(service.url, request)).status, status, String(host));
  }
});

test("a request's id comes back where it is usable, and a new one where not", async (service) => {
  const ask = async (path: string, id?: string) => {
    const headers: Record<string, string> = id === undefined ? {} : { "x-request-id": id };
    const response = await fetch(service.url + path, { headers });
    await response.body?.cancel();
    return response.headers.get("x-request-id")!;
  };
  for (const path of ["/stats", "/", "/styles.css", "/nothing", "/%ff"]) {
    assert.equal(await ask(path, "0af7-65:1/2"), "0af7-65:1/2");
    for (const id of [undefined, "a b", '"', "x".repeat(129), "é"]) {
      assert.match(await ask(path, id), /^[0-9a-f-]{36}$/);
    }
  }
});

test("/docs explains every kind of problem where its type says", async (service) => {
  const text = await (await fetch(`${service.url}/docs`, { headers: html })).text();
  for (const type of TYPES.keys()) assert.ok(text.includes(`id="${type.split("#")[1]}"`), type);
});

test("a path with U+0000 is malformed, wherever a name stands in it", async ({ url }) => {
  for (const path of ["/events/%00/1", "/events/a/%00", "/topics/%00", "/dashboard/topics/%00"]) {
    const response = await fetch(url + path);
    assert.equal(response.status, 400, path);
    assert.equal((await response.json()).type, "/docs#problem-malformed-url", path);
  }
});
