/**
 * What is made of API_TOKENS, and does what is wrong with it ever show a token?
 */
import assert from "node:assert/strict";
import { hashOf, may, parseTokens, SCOPES, TokenListError } from "../../lib/access/tokens.ts";
import { MAX_TOKENS } from "../../lib/access/limits.ts";

const TEXT = "0123456789abcdef";

Deno.test("parseTokens() knows names and scopes, and of a token its hash alone", () => {
  const tokens = parseTokens(`web:publish:${TEXT}1, ops.1:read+admin:${TEXT}+/~-._==`);
  assert.deepEqual(
    tokens.map(({ name, scopes }) => [name, scopes]),
    [["web", ["publish"]], ["ops.1", ["read", "admin"]]],
  );
  assert.deepEqual(tokens[0].hash, hashOf(`${TEXT}1`));
  const held = JSON.stringify(
    tokens,
    (_, value) => value?.data ? String.fromCharCode(...value.data) : value,
  );
  assert.ok(!held.includes(TEXT));
});

Deno.test("admin may do all, the others what they say", () => {
  const allowed = Object.fromEntries(SCOPES.map((scope) => {
    const [token] = parseTokens(`a:${scope}:${TEXT}`);
    return [scope, SCOPES.filter((one) => may(token, one))];
  }));
  assert.deepEqual(allowed, { publish: ["publish"], read: ["read"], admin: SCOPES });
});

Deno.test("a token may publish to the topics and patterns that it names, and no others", () => {
  const [{ mayPublishTo }] = parseTokens(`a:publish(app.log.*|shop.>|a+b:c)+read:${TEXT}`);
  const topics = ["app.log.x", "shop.a", "shop.a.b", "a+b:c", "shop.a\nb"];
  const others = [
    "app.log",
    "app.log.x.y",
    "shop",
    "xshop.a",
    "aab:c",
    "app.log.*x.y",
    "APP.LOG.x",
  ];
  assert.deepEqual([...topics, ...others].filter(mayPublishTo!), topics);
  const [free] = parseTokens(`a:publish:${TEXT}`);
  assert.equal(free.mayPublishTo, undefined);
});

for (
  const [entry, reason] of [
    ["", "is not of that form"],
    [TEXT, "is not of that form"],
    [`a:${TEXT}`, "is not of that form"],
    [`a b:read:${TEXT}`, "is not of that form"],
    [`${"a".repeat(65)}:read:${TEXT}`, "is not of that form"],
    [`a:write:${TEXT}`, "must have scopes"],
    [`a:read+read:${TEXT}`, "must have scopes"],
    [`a:read+:${TEXT}`, "must have scopes"],
    [`a:publish(:${TEXT}`, "must have scopes"],
    [`a:publish():${TEXT}`, "must have scopes"],
    [`a:publish(b|):${TEXT}`, "has an empty topic"],
    [`a:read(b):${TEXT}`, "limits another scope than publish"],
    [`a:publish(b)+admin:${TEXT}`, "limits publish to topics, which admin does not"],
    [`a:read:${TEXT.slice(1)}`, "fewer than 16 characters"],
    [`a:read:${TEXT} x`, "other characters"],
    [`a:read:${TEXT}é`, "other characters"],
  ] as const
) {
  Deno.test(`parseTokens() refuses ${entry || "nothing"} by its place, and never shows it`, () => {
    assert.throws(() => parseTokens(`first:read:${TEXT}9,${entry}`), (error) => {
      assert.ok(error instanceof TokenListError);
      assert.ok(
        error.message.startsWith("entry 2 ") && error.message.includes(reason),
        error.message,
      );
      assert.ok(!error.message.includes(TEXT.slice(1)), error.message);
      return true;
    });
  });
}

Deno.test("parseTokens() refuses a name or a token that comes twice, and too many", () => {
  const refused = (text: string, reason: RegExp) => assert.throws(() => parseTokens(text), reason);
  refused(`a:read:${TEXT}1,a:read:${TEXT}2`, /^Error: entry 2 has the name of an earlier one$/);
  refused(`a:read:${TEXT},b:read:${TEXT}`, /^Error: entry 2 has the token of an earlier one$/);
  const many = (count: number) =>
    Array.from({ length: count }, (_, at) => `a${at}:read:${TEXT}${at}`).join();
  assert.equal(parseTokens(many(MAX_TOKENS)).length, MAX_TOKENS);
  refused(many(MAX_TOKENS + 1), /more than 100 entries/);
});
