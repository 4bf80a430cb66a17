/**
 * The page of dead letters as a browser without scripts uses it: links, forms, and what they answer.
 */
import assert from "node:assert/strict";
import { eventJson } from "../helpers/entries.ts";
import { event } from "../helpers/events.ts";
import type { Service } from "../helpers/service.ts";
import { useEmptiedService } from "../helpers/service_tests.ts";

const test = useEmptiedService();

const PAGE = "/dashboard/dead-letters";

/** An event that PostgreSQL refuses. */
const poison = (event_id: string, topic = "a.b") =>
  eventJson('{"content":"<script>alert(1)</script>", "n":1e-20000}', { topic, event_id });

/** Publishes events as they are written; returns the ids of the dead letters, the latest first. */
async function addLetters(service: Service, ...sent: string[]): Promise<number[]> {
  await fetch(`${service.url}/publish`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: `[${sent.join(",")}]`,
  });
  await service.settled();
  return (await service.get("/dead-letters")).map(({ id }: { id: number }) => id);
}

async function open({ url }: Service, path = PAGE): Promise<string> {
  const response = await fetch(url + path, { headers: { accept: "text/html" } });
  assert.equal(response.status, 200, path);
  return await response.text();
}

/** Posts a form as a browser does; returns the page that it is sent to. */
async function post(service: Service, action: string, ids: readonly number[], query = "") {
  const body = new URLSearchParams([["action", action], ...ids.map((id) => ["id", `${id}`])]);
  const response = await fetch(`${service.url}${PAGE}${query}`, {
    method: "POST",
    body,
    redirect: "manual",
  });
  assert.equal(response.status, 303, await response.text());
  return await open(service, response.headers.get("location")!);
}

test("without dead letters the page says what they are", async (service) => {
  assert.match(await open(service), /No dead letters<.*An event that PostgreSQL refuses/);
});

test("the page shows event and reason, all digits kept, and nothing of them as HTML", async (service) => {
  await addLetters(service, poison('"><img src=x>'));
  const html = await open(service);
  assert.match(html, /1e-20000/);
  assert.match(html, /&lt;script>alert\(1\)&lt;\/script>/);
  // What the islands are told stands in a script, as a string.
  const markup = html.replace(/<script type="module"[^]*?<\/script>/g, "");
  assert.ok(!markup.includes("<script") && !markup.includes("<img"));
  assert.match(html, /value overflows numeric format|underflow|out of range|invalid/i);
});

test("a replay that is refused again says so, and the dead letter stays", async (service) => {
  const [id] = await addLetters(service, poison("1"));
  assert.match(await post(service, "replay", [id!]), /1 event was refused again/);
  assert.match(await open(service), /dead letter \d/);
});

test("a dead letter is deleted once; the second time it is gone", async (service) => {
  const ids = await addLetters(service, poison("1"));
  assert.match(await post(service, "delete", ids), /1 dead letter is deleted\./);
  assert.match(await post(service, "delete", ids), /1 dead letter had been dealt with before\./);
});

test(
  "all of a page are replayed: those that PostgreSQL takes now are stored or duplicates",
  async (service, { sql }) => {
    const ids = await addLetters(service, poison("1"), poison("2"), poison("3"));
    const good = JSON.stringify(event({ event_id: "x", topic: "a.b" }));
    await sql`update dead_letters set event = ${good} where id in ${sql(ids.slice(0, 2))}`;
    const html = await post(service, "replay", ids);
    assert.match(
      html,
      /1 event is stored now\. 1 event was a duplicate: .* 1 event was refused again/,
    );
  },
);

test("the topic narrows the page down, and stays after a button", async (service) => {
  const [id] = await addLetters(service, poison("other", "c"), poison("1"));
  const query = "?topic=a.>";
  assert.ok(!(await open(service, PAGE + query)).includes("other"));
  assert.match(await post(service, "replay", [id!], query), /value="a\.>"/);
});

for (const body of ["", "action=replay", "action=burn&id=1", "action=delete&id=0", "id=1"]) {
  test(`the form ${JSON.stringify(body)} is refused`, async (service) => {
    const response = await fetch(service.url + PAGE, {
      method: "POST",
      headers: { "content-type": "application/x-www-form-urlencoded" },
      body,
    });
    assert.equal(response.status, 400);
    assert.equal((await response.json()).title, "Bad form");
  });
}

test("a form that is too large, or none, is refused", async (service) => {
  const send = async (init: RequestInit) => {
    const response = await fetch(service.url + PAGE, { method: "POST", ...init });
    await response.body?.cancel();
    return response.status;
  };
  assert.equal(await send({ body: new URLSearchParams({ id: "1".repeat(300_000) }) }), 413);
  assert.equal(await send({ body: "{}", headers: { "content-type": "application/json" } }), 415);
});
