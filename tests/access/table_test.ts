/**
 * Does every route, and every method that it takes, have its need in the table?
 */
import assert from "node:assert/strict";
import { needOf, TABLE } from "../../lib/access/table.ts";
import { ProblemError } from "../../lib/errors.ts";
import { parsePath, toPattern } from "../../lib/fresh/fs_routes.ts";

const ROUTES = new URL("../../routes/", import.meta.url);

async function* modules(directory = ""): AsyncGenerator<string> {
  for await (const { name, isDirectory } of Deno.readDir(new URL(directory, ROUTES))) {
    if (/^(?:_|\(_)/.test(name)) continue;
    if (isDirectory) yield* modules(`${directory}${name}/`);
    else yield directory + name;
  }
}

/** The methods that a route takes, as it says itself, beside those that all take. */
async function methodsOf(module: string): Promise<string[]> {
  const { handler } = await import(new URL(module, ROUTES).href);
  const answer: Response = await handler({ req: new Request("http://a", { method: "OPTIONS" }) });
  return answer.headers.get("allow")!.split(", ")
    .filter((method) => method !== "HEAD" && method !== "OPTIONS");
}

const sorted = (needs: Record<string, readonly string[]>) =>
  Object.entries(needs).map(([route, methods]) => `${route} ${methods.toSorted()}`).toSorted();

Deno.test("the table has every route with the methods that it takes, and no other", async () => {
  const routes: Record<string, string[]> = {};
  for await (const module of modules()) {
    routes[toPattern(parsePath(module).url)] = await methodsOf(module);
  }
  assert.ok("/events/:topic/:event_id" in routes && "/dashboard/publish" in routes);
  const listed = Object.fromEntries(
    Object.entries(TABLE).map(([route, needs]) => [route, Object.keys(needs)]),
  );
  assert.deepEqual(sorted(listed), sorted(routes));
});

Deno.test("a route without an entry is for admin, HEAD needs what GET does, OPTIONS nothing", () => {
  assert.equal(needOf("/new", "GET"), "admin");
  assert.equal(needOf("/new", "POST"), "admin");
  assert.equal(needOf("/new", "OPTIONS"), "open");
  assert.equal(needOf("/stats", "HEAD"), "read");
  assert.equal(needOf("/publish", "POST"), "publish");
  assert.equal(needOf("/dead-letters/:id", "DELETE"), "admin");
  assert.equal(needOf("/dead-letters/:id/replay", "POST"), "admin");
  assert.equal(needOf(null, "GET"), "open");
});

Deno.test("only what tells nothing of what is stored is open", () => {
  const open = Object.entries(TABLE).filter(([, needs]) => Object.values(needs).includes("open"));
  assert.deepEqual(
    open.map(([route]) => route),
    ["/healthz", "/readyz", "/openapi.json", "/docs", "/login", "/logout"],
  );
});

Deno.test("a method that a route does not take is 405 with what it takes, whoever asks", () => {
  for (
    const [route, method, allow] of [
      ["/publish", "GET", "POST, OPTIONS"],
      ["/publish", "HEAD", "POST, OPTIONS"],
      ["/dead-letters/:id", "PUT", "GET, DELETE, HEAD, OPTIONS"],
      ["/stats", "toString", "GET, HEAD, OPTIONS"],
    ] as const
  ) {
    assert.throws(() => needOf(route, method), (error) => {
      assert.ok(error instanceof ProblemError && error.status === 405);
      assert.equal(error.extra.headers?.["allow"], allow);
      return true;
    });
  }
});
