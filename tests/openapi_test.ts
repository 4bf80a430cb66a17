/**
 * Is the description of the API a valid OpenAPI document, and does it know every route?
 */
import assert from "node:assert/strict";
import { Validator } from "@seriousme/openapi-schema-validator";
import { z } from "zod";
import { apiDocument } from "../lib/openapi/document.ts";
import { schemaAt } from "./helpers/openapi.ts";

const ROUTES = new URL("../routes/", import.meta.url);

/** Where pages and their parts are, and what their forms are sent to. */
const PAGES = ["dashboard/", "(", "login", "logout"];

/** The modules of all routes that are no pages. */
async function* apiRoutes(directory = ""): AsyncGenerator<string> {
  for await (const { name, isDirectory } of Deno.readDir(new URL(directory, ROUTES))) {
    const path = directory + name;
    if (PAGES.some((page) => path.startsWith(page)) || name.startsWith("_")) continue;
    if (isDirectory) yield* apiRoutes(`${path}/`);
    else if (path.endsWith(".ts")) yield path;
  }
}

/** The path of a route, as OpenAPI writes it. */
function pathOf(module: string): string {
  const path = module.replace(/\.ts$/, "").replace(/(^|\/)index$/, "");
  return `/${path}`.replaceAll("[", "{").replaceAll("]", "}");
}

/** The methods that a route takes, beside those that all take. */
async function methodsOf(module: string): Promise<string[]> {
  const { handler } = await import(new URL(module, ROUTES).href);
  const answer: Response = await handler({ req: new Request("http://a", { method: "OPTIONS" }) });
  return answer.headers.get("allow")!.split(", ")
    .filter((method) => !["HEAD", "OPTIONS"].includes(method)).map((method) =>
      method.toLowerCase()
    );
}

const document = apiDocument();

Deno.test("the document is valid OpenAPI 3.1", async () => {
  const { valid, errors } = await new Validator().validate(JSON.parse(JSON.stringify(document)));
  assert.deepEqual([valid, errors], [true, undefined]);
  assert.match(document.openapi, /^3\.1\./);
});

Deno.test("the document knows every route of the API with its methods, and no other", async () => {
  const routes: Record<string, string[]> = {};
  for await (const module of apiRoutes()) routes[pathOf(module)] = await methodsOf(module);
  const described = Object.fromEntries(
    Object.entries(document.paths!).map(([path, item]) => [path, Object.keys(item!)]),
  );
  assert.ok("/publish" in routes && "/dead-letters/{id}" in routes);
  assert.deepEqual(sorted(described), sorted(routes));
});

const sorted = (paths: Record<string, string[]>) =>
  Object.fromEntries(
    Object.entries(paths).toSorted(([a], [b]) => a < b ? -1 : 1)
      .map(([path, methods]) => [path, methods.toSorted()]),
  );

/** Everything in the document that is an operation, under its name. */
const operations = Object.values(document.paths!).flatMap((item) =>
  Object.values(item as Record<string, Operation>)
);

interface Operation {
  readonly operationId: string;
  readonly tags: readonly string[];
  readonly summary: string;
  readonly requestBody?: Content;
  readonly responses: Record<string, Content>;
  readonly "x-codeSamples": readonly { readonly source: string }[];
}

interface Content {
  readonly content?: Record<string, Media>;
}

interface Media {
  readonly schema: Record<string, unknown>;
  readonly example?: unknown;
  readonly examples?: Record<string, { readonly value: unknown }>;
}

Deno.test("every operation has a name of its own, a tag that is described, and a sample", () => {
  const tags = document.tags!.map(({ name }) => name);
  for (const { operationId, tags: [tag], summary, ...operation } of operations) {
    assert.ok(tags.includes(tag!), operationId);
    assert.ok(summary.length > 0, operationId);
    assert.ok(operation["x-codeSamples"].length > 0, operationId);
  }
  assert.equal(new Set(operations.map(({ operationId }) => operationId)).size, operations.length);
});

Deno.test("every example fits the schema that it is an example of", () => {
  let examples = 0;
  for (const { operationId, requestBody, responses } of operations) {
    for (
      const { content = {} } of [...Object.values(responses), ...(requestBody ? [requestBody] : [])]
    ) {
      for (const { schema, example, examples: several = {} } of Object.values(content)) {
        const values = Object.values(several).map(({ value }) => value);
        if (example !== undefined) values.push(example);
        for (const value of values) {
          const { error } = schemaAt(document, schema).safeParse(value);
          assert.equal(error, undefined, `${operationId}: ${error && z.prettifyError(error)}`);
          examples++;
        }
      }
    }
  }
  assert.ok(examples >= operations.length, `${examples} examples`);
});
