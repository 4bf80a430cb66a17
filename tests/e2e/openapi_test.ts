/**
 * Does the service answer as the description of its API says, and do the samples work?
 */
import assert from "node:assert/strict";
import { z } from "zod";
import type { ApiDocument } from "../../lib/openapi/document.ts";
import { event, events } from "../helpers/events.ts";
import { schemaAt } from "../helpers/openapi.ts";
import type { Service } from "../helpers/service.ts";
import { useService } from "../helpers/service_tests.ts";

const test = useService();

/** What stands in the document about an operation. */
interface Operation {
  readonly operationId: string;
  readonly responses: Record<string, { readonly content?: Record<string, { schema: unknown }> }>;
  readonly "x-codeSamples": readonly { readonly source: string }[];
}

type Operations = readonly (Operation & { readonly method: string; readonly path: string })[];

function operationsOf(document: ApiDocument): Operations {
  return Object.entries(document.paths!).flatMap(([path, item]) =>
    Object.entries(item as Record<string, Operation>)
      .map(([method, operation]) => ({ ...operation, method: method.toUpperCase(), path }))
  );
}

const json = { "content-type": "application/json" };
const post = (body: unknown, headers: Record<string, string> = json) => ({
  method: "POST",
  headers,
  body: JSON.stringify(body),
});

/** An event that passes as valid and that PostgreSQL refuses. */
const refused = `{"topic":"t","event_id":"1","timestamp":"2026-11-22T09:30:00Z","source":"s",` +
  `"payload":{"content":"","n":1e-20000}}`;

/** Requests to every operation, well and badly made, with the status that each is to get. */
const REQUESTS: readonly (readonly [status: number, path: string, init?: RequestInit])[] = [
  [202, "/publish", post(event({ event_id: "known" }))],
  [202, "/publish", post(events(3))],
  [202, "/publish?partial=true", post([event(), {}])],
  [200, "/publish", post(event(), { ...json, prefer: "wait=10" })],
  [200, "/publish", post([event(), event({ event_id: "known" })], { ...json, prefer: "wait=10" })],
  [200, "/publish?partial=true", post([event(), {}], { ...json, prefer: "wait=10" })],
  [400, "/publish", { ...post({}), body: "{" }],
  [413, "/publish", { ...post({}), body: " ".repeat(2000) }],
  [415, "/publish", post({}, { "content-type": "text/plain" })],
  [422, "/publish", post([{}, event({ topic: "" })])],
  [200, "/events?limit=2"],
  [200, "/events?format=csv"],
  [200, "/events?format=ndjson"],
  [304, "/events", { headers: { "if-none-match": "*" } }],
  [400, "/events?limit=0"],
  [200, "/events/app.log/known"],
  [404, "/events/app.log/unknown"],
  [200, "/events/histogram"],
  [200, "/events/histogram?topic=none"],
  [200, "/topics"],
  [200, "/topics/app.log"],
  [200, "/topics/t"],
  [404, "/topics/unknown"],
  [200, "/stats"],
  [200, "/stats/timeseries?window=1h"],
  [200, "/stats/timeseries?topic=t"],
  [200, "/stats/timeseries?by=topic"],
  [400, "/stats/timeseries?window=2h"],
  [200, "/dead-letters"],
  [200, "/dead-letters/1"],
  [404, "/dead-letters/999"],
  [422, "/dead-letters/1/replay", { method: "POST" }],
  [204, "/dead-letters/1", { method: "DELETE" }],
  [200, "/healthz"],
  [200, "/readyz"],
  [200, "/metrics"],
  [200, "/openapi.json"],
];

/**
 * Asserts that an answer is one that the document knows.
 *
 * @returns the name of the operation
 */
async function assertDescribed(document: ApiDocument, response: Response, method: string) {
  const { pathname } = new URL(response.url);
  const operation = operationsOf(document).find(({ path, ...operation }) =>
    operation.method === method &&
    new RegExp(`^${path.replaceAll(/\{\w+\}/g, "[^/]+")}$`).test(pathname)
  );
  const content = operation?.responses[response.status]?.content;
  const what = `${method} ${pathname} ${response.status}`;
  const body = await response.text();
  if (content === undefined) {
    assert.equal(body, "", what);
    return operation?.operationId;
  }
  const [type] = response.headers.get("content-type")!.split(";", 1) as [string];
  const media = content[type] ?? assert.fail(`${what} is ${type}`);
  const value = /[/+]json$/.test(type) ? JSON.parse(body) : body;
  const { error } = schemaAt(document, media.schema).safeParse(value);
  assert.equal(error, undefined, `${what}: ${error && z.prettifyError(error)}`);
  return operation?.operationId;
}

test(
  "every answer has a status, a type and a form that the document describes",
  async (service) => {
    const document: ApiDocument = await service.get("/openapi.json");
    await fetch(`${service.url}/publish`, { method: "POST", headers: json, body: refused });
    await service.settled();
    const asked = new Set<string | undefined>();
    for (const [status, path, init] of REQUESTS) {
      const response = await fetch(service.url + path, init);
      assert.equal(response.status, status, path);
      if (response.status === 202) await service.settled();
      asked.add(await assertDescribed(document, response, init?.method ?? "GET"));
    }
    const all = operationsOf(document).map(({ operationId }) => operationId);
    assert.deepEqual(new Set(all).difference(asked), new Set(["openStream"]));
  },
  { MAX_BODY_BYTES: "1500" },
);

/** Runs a command in a shell, with the answer's status in place of its body. */
async function run(service: Service, command: string): Promise<number> {
  const curl = "curl -s -o /dev/null -w '%{http_code}' --max-time 2";
  const { stdout } = await new Deno.Command("sh", {
    args: ["-c", command.replace(/\bcurl\b/, curl).replace("http://localhost:8080", service.url)],
  }).output();
  return Number(new TextDecoder().decode(stdout));
}

const hasCurl = await new Deno.Command("sh", { args: ["-c", "curl --version"], stdout: "null" })
  .output().then(({ success }) => success, () => false);

if (hasCurl) {
  test("every sample works as it stands", async (service) => {
    await fetch(`${service.url}/publish`, { method: "POST", headers: json, body: refused });
    await service.settled();
    const document: ApiDocument = await service.get("/openapi.json");
    for (const { path, ...operation } of operationsOf(document)) {
      for (const { source } of operation["x-codeSamples"]) {
        const status = await run(service, source);
        // The only dead letter is deleted by one sample before another replays it.
        const right = path.endsWith("/replay") ? status === 404 : status >= 200 && status < 300;
        assert.ok(right, `${status}: ${source}`);
      }
      if (path === "/publish") await service.settled();
    }
    const { duplicate_dropped } = await service.settled();
    assert.ok(duplicate_dropped > 0, "the samples publish the same events");
  });
}
