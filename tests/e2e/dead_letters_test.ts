/**
 * What a client sees of dead letters: read, replayed, deleted over HTTP.
 */
import assert from "node:assert/strict";
import type { Stats, TopicStats } from "../../lib/snapshot.ts";
import { eventJson } from "../helpers/entries.ts";
import { event } from "../helpers/events.ts";
import type { Service } from "../helpers/service.ts";
import { useEmptiedService } from "../helpers/service_tests.ts";

const test = useEmptiedService();

/** Sends a request and reads what comes, problems included. */
async function ask({ url }: Service, path: string, method = "GET") {
  const response = await fetch(url + path, { method });
  const text = await response.text();
  const isJson = /^application\/(?:problem\+)?json$/.test(
    response.headers.get("content-type") ?? "",
  );
  const { status, headers } = response;
  return { status, headers, text, body: isJson ? JSON.parse(text) : undefined };
}

/** Publishes events as they are written, and waits until they are settled. */
async function publish(service: Service, ...sent: string[]) {
  const response = await fetch(`${service.url}/publish`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: `[${sent.join(",")}]`,
  });
  assert.equal(response.status, 202, await response.text());
  return await service.settled();
}

/** An event that PostgreSQL refuses. */
const poison = (topic: string, event_id: string) =>
  eventJson('{"content":"", "n":[1e-20000, 10.00]}', { topic, event_id });

test("dead letters are read as they were published, page by page", async (service) => {
  const sent = [poison("a.b", "1"), poison("a.b", "2"), poison("a.x", "3"), poison("c", "4")];
  await publish(service, ...sent);
  const all = await ask(service, "/dead-letters");
  assert.deepEqual([all.status, all.headers.get("link")], [200, null]);
  for (const one of sent) assert.ok(all.text.includes(`,"event":${one}}`), one);

  const seen: number[] = [];
  let path: string | undefined = "/dead-letters?limit=2&topic=a.>";
  let pages = 0;
  for (; path !== undefined; pages++) {
    const page = await ask(service, path);
    seen.push(...page.body.map(({ id }: { id: number }) => id));
    path = /^<(.*)>; rel="next"$/.exec(page.headers.get("link") ?? "")?.[1];
  }
  assert.deepEqual([pages, seen.length], [2, 3]);
  assert.deepEqual(seen, [...new Set(seen)].toSorted((a, b) => b - a));

  const one = await ask(service, `/dead-letters/${seen[0]}`);
  assert.equal(one.status, 200);
  assert.deepEqual(one.body, all.body.find(({ id }: { id: number }) => id === seen[0]));
  assert.match(one.text, /"n":\[1e-20000, 10\.00\]/);
});

test(
  "a dead letter is replayed, refused again, deleted, and the law holds",
  async (service, { sql }) => {
    // Those of topic c are refused for a while only.
    await sql`alter table processed_events add constraint refused check (topic <> 'c')`;
    const good = JSON.stringify(event({ topic: "c", event_id: "good" }));
    const stats = await publish(service, poison("a", "1"), good, good, JSON.stringify(event()));
    assert.deepEqual([stats.received, stats.dead_letters, stats.consistent], [4, 3, true]);
    await sql`alter table processed_events drop constraint refused`;

    const letters = await service.get("/dead-letters?topic=c");
    for (const [at, status] of ["stored", "duplicate"].entries()) {
      const replay = await ask(service, `/dead-letters/${letters[at].id}/replay`, "POST");
      assert.equal(replay.status, 200);
      assert.deepEqual(replay.body, { status, event_id: "good", topic: "c" });
    }
    const [{ id }, ...others] = await service.get("/dead-letters");
    assert.deepEqual(others, []);
    const again = await ask(service, `/dead-letters/${id}/replay`, "POST");
    assert.deepEqual([again.status, again.body.title], [422, "Refused again"]);
    assert.match(again.body.detail, /numeric/);

    const deleted = await ask(service, `/dead-letters/${id}`, "DELETE");
    assert.deepEqual([deleted.status, deleted.text], [204, ""]);
    for (const [method, below] of [["GET", ""], ["DELETE", ""], ["POST", "/replay"]] as const) {
      const { status, body } = await ask(service, `/dead-letters/${id}${below}`, method);
      assert.deepEqual([status, body.title], [404, "Not found"], `${method} ${below}`);
    }

    const after: Stats = await service.get("/stats");
    assert.deepEqual(
      [after.received, after.unique_processed, after.duplicate_dropped, after.dead_letters],
      [4, 2, 1, 1],
    );
    assert.equal(after.consistent, true);
    const byTopic: TopicStats[] = await service.get("/topics");
    assert.deepEqual(
      byTopic.map(({ topic, received, dead_letters }) => [topic, received, dead_letters]),
      [["a", 1, 1], ["app.log", 1, 0], ["c", 2, 0]],
    );
  },
);

test("what is asked wrongly of dead letters is told so as problem+json", async (service) => {
  const expectations = [
    ["GET", "/dead-letters?colour=red", 400],
    ["GET", "/dead-letters?limit=1001", 400],
    ["GET", "/dead-letters?cursor=x", 400],
    ["GET", "/dead-letters/1", 404],
    ["GET", "/dead-letters/x", 404],
    ["GET", "/dead-letters/9007199254740993", 404],
    ["DELETE", "/dead-letters/0", 404],
    ["POST", "/dead-letters/1e3/replay", 404],
    ["POST", "/dead-letters/1/replay", 404],
    ["DELETE", "/dead-letters", 405, "GET, HEAD, OPTIONS"],
    ["POST", "/dead-letters/1", 405, "GET, DELETE, HEAD, OPTIONS"],
    ["GET", "/dead-letters/1/replay", 405, "POST, OPTIONS"],
  ] as const;
  for (const [method, path, expected, allow = null] of expectations) {
    const { status, headers, body } = await ask(service, path, method);
    assert.deepEqual([status, headers.get("allow")], [expected, allow], `${method} ${path}`);
    assert.equal(headers.get("content-type"), "application/problem+json");
    assert.equal(body.status, expected);
  }
  assert.deepEqual((await ask(service, "/dead-letters")).body, []);
});
