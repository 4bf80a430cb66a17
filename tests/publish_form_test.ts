import assert from "node:assert/strict";
import { exampleForm, toCurl, toFormErrors, toJson } from "../lib/browser/publish_form.ts";
import { findFieldErrors } from "../lib/event.ts";

const form = exampleForm(new Date());

Deno.test("the example is a valid event", () => {
  const made = toJson(form);
  assert.ok("json" in made);
  assert.deepEqual(findFieldErrors([JSON.parse(made.json)], made.json), []);
});

Deno.test("metadata goes into the event as it was typed", () => {
  const made = toJson({ ...form, metadata: ' {"n": 1.50} ' });
  assert.ok("json" in made && made.json.endsWith('"metadata":{"n": 1.50}}}'), JSON.stringify(made));
});

Deno.test("without metadata the event has none", () => {
  const made = toJson({ ...form, metadata: " " });
  assert.ok("json" in made);
  assert.deepEqual(JSON.parse(made.json).payload, { content: "Hello" });
});

Deno.test("errors come to the fields that they are about, the first of each", () => {
  assert.deepEqual(
    toFormErrors([
      { path: "topic", message: "a" },
      { path: "topic", message: "b" },
      { path: "payload.metadata.n", message: "c" },
      { path: "payload.content", message: "d" },
      { path: "payload", message: "e" },
    ]),
    { topic: "a", metadata: "c", content: "d", "": "payload e" },
  );
});

Deno.test("the command quotes what a shell would take apart", async () => {
  const json = `{"a":"it's $HOME \`x\` \\\\"}`;
  const command = toCurl({ origin: "http://localhost:1", needsToken: false }, json).replace(
    /^curl \S+ -H '[^']*' -d/,
    "printf %s",
  );
  const { stdout } = await new Deno.Command("sh", { args: ["-c", command] }).output();
  assert.equal(new TextDecoder().decode(stdout), json);
});
