/**
 * Does the page of a topic say all there is to it without a script, whatever the topic is called?
 */
import assert from "node:assert/strict";
import type { Event } from "../../lib/event.ts";
import type { TopicDetails } from "../../lib/topic_sources.ts";
import { usePostgres } from "../helpers/database.ts";
import { event, events } from "../helpers/events.ts";
import { startProxy } from "../helpers/proxy.ts";
import { type Service, startService, temporaryDirectory, until } from "../helpers/service.ts";
import { useEmptiedService } from "../helpers/service_tests.ts";

const postgres = usePostgres();
const test = useEmptiedService(postgres);

const pathOf = (topic: string) => `/dashboard/topics/${encodeURIComponent(topic)}`;

/** A page as the server renders it. */
async function read({ url }: Service, path: string, status = 200): Promise<string> {
  const response = await fetch(url + path, { headers: { accept: "text/html" } });
  assert.equal(response.status, status, path);
  return await response.text();
}

async function store(service: Service, sent: readonly Event[]) {
  await service.publish(sent);
  await service.settled();
}

/** What stands on a page, without its markup, as one line. */
const textOf = (html: string) =>
  html.split('<script type="module"')[0]!.replaceAll(/<[^>]+>/g, " ").replaceAll(/\s+/g, " ");

/** Names that a path, a pattern, a query or markup could mistake. */
const NAMES = [
  "a/b",
  "100%",
  "%2F",
  "a?b#c",
  "..a/../b",
  "a b",
  "app.*",
  "app.log",
  "ä€😀",
  "<i>",
  "&amp;",
  '"',
];

test("a topic has its law, its latest events, its sources and their skew without any script", async (service) => {
  const timestamp = new Date(Date.now() + 3_600_000).toISOString();
  const sent = events(30, { topic: "app.log.a", source: "gateway", timestamp });
  await store(service, sent);
  await store(service, [...sent.slice(0, 10), event({ topic: "app.log.b" })]);
  const html = await read(service, pathOf("app.log.a"));
  assert.match(html, /<title>app\.log\.a · Topics · Sekali<\/title>/);
  assert.match(html, /<a href="\/dashboard\/topics"[^>]* aria-current="true"/);
  const text = textOf(html);
  assert.match(
    text,
    /40 received = 30 stored, each once \+ 10 duplicates dropped · 25\.0 % \+ 0 dead/,
  );
  assert.match(text, /1 source all 30 stored/);
  assert.match(text, /gateway 30 100\.0 % now|gateway 30 100\.0 % \d+ s ago/);
  assert.match(text, /30 ahead \d+ (?:min|h) ahead of us/);
  assert.match(text, /30 from the future, up to \d+ (?:min|h)/);
  assert.equal(html.match(/<li><a data-row/g)?.length, 20);
  assert.ok(html.includes('href="/dashboard/events?topic=app.log.a&amp;seq=30"'));
  for (const page of ["events", "tail", "dead-letters"]) {
    assert.ok(html.includes(`href="/dashboard/${page}?topic=app.log.a"`), page);
  }
});

test("a topic has its throughput, as far back as the link says", async (service) => {
  await store(service, events(30, { topic: "t" }));
  const html = await until(
    () => read(service, pathOf("t")),
    (html) => /class="area" d="M\d/.test(html),
  );
  assert.match(html, /aria-label="Throughput, −60 s to now"/);
  assert.match(await read(service, `${pathOf("t")}?window=1h`), /"Throughput, −60 min to now"/);
});

test("a topic has its page and its numbers whatever it is called", async (service) => {
  await store(service, NAMES.map((topic) => event({ topic })));
  for (const topic of NAMES) {
    const details: TopicDetails = await service.get(`/topics/${encodeURIComponent(topic)}`);
    assert.equal(details.topic, topic);
    assert.equal(details.sampled, 1, topic);
    const html = await read(service, pathOf(topic));
    assert.match(textOf(html), /1 received = 1 stored/, topic);
    assert.ok(html.includes(`href="/dashboard/tail?topic=${encodeURIComponent(topic)}"`), topic);
    // Others than its own are not among its events, though it may be a pattern as well.
    assert.equal(html.match(/<li><a data-row/g)?.length, 1, topic);
  }
});

test("a topic that never came is 404, and is named", async (service) => {
  await store(service, [event({ topic: "a" })]);
  for (const topic of ["none", "a/b", "A", `"><script>alert(1)</script>`]) {
    const html = await read(service, pathOf(topic), 404);
    assert.ok(html.includes("Nothing has come on this topic"), topic);
    assert.doesNotMatch(html, /<script>alert/);
    const response = await fetch(`${service.url}/topics/${encodeURIComponent(topic)}`);
    assert.equal(response.status, 404);
    assert.match(response.headers.get("content-type")!, /problem\+json/);
    await response.body?.cancel();
  }
  assert.match(textOf(await read(service, pathOf("none"), 404)), /none Nothing has come/);
});

test("a topic's page escapes what events say of themselves", async (service) => {
  const probe = `"><script>alert(1)</script><!--`;
  const payload = { content: probe };
  await store(service, [event({ topic: probe, source: probe, event_id: probe, payload })]);
  const html = await read(service, pathOf(probe));
  // The one script on the page is its own, at its end, and ends once.
  const [before, script] = html.split('<script type="module"');
  assert.doesNotMatch(before!, /<script/i);
  assert.equal(script!.split(/<\/script/i).length, 2);
  // In the title, the heading, the table and the event.
  assert.ok(before!.split("&lt;script").length > 4);
});

test("a topic of which nothing is stored says so", async (service) => {
  const refused = `{"topic":"t","event_id":"1","timestamp":"2026-11-22T09:30:00Z","source":"s",` +
    `"payload":{"content":"","n":1e-20000}}`;
  await fetch(`${service.url}/publish`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: refused,
  });
  await service.settled();
  const text = textOf(await read(service, pathOf("t")));
  assert.match(text, /1 received = 0 stored, each once \+ 0 duplicates dropped · 0\.0 % \+ 1 dead/);
  assert.match(text, /Nothing of this topic is stored/);
  const details: TopicDetails = await service.get("/topics/t");
  assert.deepEqual([details.dead_letters, details.sources, details.skew], [1, [], null]);
});

Deno.test("a topic's page shows its last counters while the database is away", async () => {
  await using database = await postgres.database({ migrated: false });
  await using data = await temporaryDirectory();
  await using proxy = startProxy(database.url);
  await using service = await startService({ DATABASE_URL: proxy.url, DATA_DIR: data.path });
  await store(service, events(3, { topic: "t" }));
  proxy.cut();
  const text = textOf(await read(service, pathOf("t")));
  assert.match(text, /The database is away\./);
  assert.match(text, /3 received = 3 stored/);
  assert.equal(text.match(/Not known while the database is away/g)?.length, 3);
  const response = await fetch(`${service.url}/topics/t`);
  assert.equal(response.status, 503);
  await response.body?.cancel();
});
