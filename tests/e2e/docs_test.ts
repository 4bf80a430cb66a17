/**
 * Does the page of the API show all that the document says, with links that lead somewhere?
 */
import assert from "node:assert/strict";
import type { ApiDocument } from "../../lib/openapi/document.ts";
import { useService } from "../helpers/service_tests.ts";

const test = useService();

/** The text of HTML. */
const unescape = (html: string) =>
  html.replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&quot;", '"')
    .replaceAll("&amp;", "&");

/** All values of an attribute. */
const all = (html: string, attribute: string) =>
  [...html.matchAll(new RegExp(` ${attribute}="([^"]*)"`, "g"))].map(([, value]) => value!);

test("/docs shows every operation, schema and sample, and needs nothing from elsewhere", async (service) => {
  const document: ApiDocument = await service.get("/openapi.json");
  const html = await (await fetch(`${service.url}/docs`)).text();
  const ids = all(html, "id");
  assert.equal(new Set(ids).size, ids.length, "an id stands once");
  for (const link of all(html, "href").filter((link) => link.startsWith("#"))) {
    assert.ok(ids.includes(link.slice(1)), `${link} leads somewhere`);
  }
  for (const link of [...all(html, "href"), ...all(html, "src")]) assert.match(link, /^[#/]/);
  assert.deepEqual(all(html, "style"), []);

  const text = unescape(html.replaceAll(/<(?:"[^"]*"|[^>"])*>/g, ""));
  for (const item of Object.values(document.paths!)) {
    for (const operation of Object.values(item as Record<string, Operation>)) {
      assert.ok(ids.includes(operation.operationId), operation.operationId);
      for (const { source } of operation["x-codeSamples"]) assert.ok(text.includes(source), source);
      for (const { name } of operation.parameters ?? []) assert.ok(text.includes(name), name);
    }
  }
  for (const name of Object.keys(document.components!.schemas!)) {
    assert.ok(ids.includes(`schema-${name}`), name);
  }
  assert.ok(ids.includes("cloudevents"));
});

interface Operation {
  readonly operationId: string;
  readonly parameters?: readonly { readonly name: string }[];
  readonly "x-codeSamples": readonly { readonly source: string }[];
}
