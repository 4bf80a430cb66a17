/**
 * The page that publishes as a browser without scripts uses it.
 */
import assert from "node:assert/strict";
import { SAMPLE } from "../../lib/browser/sample.ts";
import type { Service } from "../helpers/service.ts";
import { useEmptiedService } from "../helpers/service_tests.ts";

const test = useEmptiedService();

const PAGE = "/dashboard/publish";

async function post({ url }: Service, fields: Record<string, string>) {
  const response = await fetch(url + PAGE, { method: "POST", body: new URLSearchParams(fields) });
  return { status: response.status, html: await response.text() };
}

/** The values that the fields of the page have. */
async function example({ url }: Service): Promise<Record<string, string>> {
  const html = await (await fetch(url + PAGE, { headers: { accept: "text/html" } })).text();
  const inputs = html.matchAll(/<input [^>]*?id="(\w+)"[^>]*?value="([^"]*)"/g);
  const areas = html.matchAll(/<textarea [^>]*?id="(\w+)"[^>]*>([^<]*)</g);
  const texts = [...inputs, ...areas].map((
    [, name, value],
  ) => [name, value!.replaceAll("&quot;", '"')]);
  return Object.fromEntries(texts);
}

test("the form as it comes publishes a valid event", async (service) => {
  const fields = await example(service);
  assert.deepEqual(
    Object.keys(fields).toSorted(),
    ["content", "event_id", "metadata", "source", "timestamp", "topic"],
  );
  const { status, html } = await post(service, fields);
  assert.equal(status, 200);
  assert.match(html, /<p class="verdict" role="status"><span class="(?:pending|pill stored)">/);
  const { unique_processed } = await service.settled();
  assert.equal(unique_processed, 1);
});

test("what is wrong stands at its field, and nothing is published", async (service) => {
  const { status, html } = await post(service, {
    ...await example(service),
    topic: "",
    timestamp: "yesterday",
    content: "</textarea><script>alert(1)</script>",
  });
  assert.equal(status, 422);
  for (const name of ["topic", "timestamp"]) {
    assert.match(html, new RegExp(`id="${name}"[^>]* aria-invalid="true"`), name);
    assert.match(html, new RegExp(`id="${name}-wrong">\\w+ must be`), name);
  }
  assert.ok(!html.includes('id="source-wrong"'));
  assert.ok(!html.replace(/<script type="module"[^]*?<\/script>/g, "").includes("<script"));
  assert.equal((await service.settled()).received, 0);
});

test("metadata that is no JSON is wrong at its field", async (service) => {
  const { html } = await post(service, { ...await example(service), metadata: "{" });
  assert.match(html, /id="metadata-wrong">[^<]*is not JSON</);
});

test("the sample is a thousand events, three in ten of them repeats", async (service) => {
  const { html } = await post(service, { action: "sample" });
  assert.match(html, /1,000 events accepted, 700 keys among them\./);
  const { received, unique_processed, duplicate_dropped } = await service.settled();
  assert.deepEqual(
    [received, unique_processed, duplicate_dropped],
    [SAMPLE.events, SAMPLE.unique, SAMPLE.events - SAMPLE.unique],
  );
});
