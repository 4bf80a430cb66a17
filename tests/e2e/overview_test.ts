/**
 * Does the overview say everything without a script, as it was asked to, and escape what it is told?
 */
import assert from "node:assert/strict";
import { events } from "../helpers/events.ts";
import { type Service, until } from "../helpers/service.ts";
import { useEmptiedService } from "../helpers/service_tests.ts";

const test = useEmptiedService();

/** A page as the server renders it. */
async function read({ url }: Service, path: string): Promise<string> {
  const response = await fetch(url + path, { headers: { accept: "text/html" } });
  assert.equal(response.status, 200);
  return await response.text();
}

/** Names of the topics on a page, in order. */
const topicsOf = (html: string) =>
  [...html.matchAll(/href="\/dashboard\/topics\/([^"]+)"/g)].map(([, name]) => name);

test("the overview says how to begin while nothing has come", async (service) => {
  const html = await read(service, "/");
  assert.match(html, /No events yet/);
  assert.ok(html.includes(`curl '${service.url}/publish' -H`));
  assert.deepEqual(topicsOf(html), []);
});

test("the overview shows charts, consumers, topics and who is retrying without any script", async (service) => {
  const sent = events(300, { topic: "app.log.a", source: "gateway" });
  await service.publish(sent);
  await service.settled();
  await service.publish([...sent.slice(0, 100), ...events(10, { topic: "app.log.b" })]);
  await service.settled();
  const html = await until(() => read(service, "/"), (html) => /class="area" d="M\d/.test(html));
  assert.match(html, /aria-label="Throughput, −60 s to now"/);
  assert.match(
    html,
    /<td class="name">gateway<\/td><td><small>25.0\u00a0% of what it sent<\/small>/,
  );
  assert.match(html, new RegExp(`<small>app.log.a · gateway · `));
  assert.match(html, /app\.log\.<small>2 topics<\/small>/);
});

test("the overview sorts, filters, groups and looks back as its links say", async (service) => {
  await service.publish([
    ...events(5, { topic: "app.log.a" }),
    ...events(9, { topic: "app.log.b" }),
    ...events(7, { topic: "cron" }),
  ]);
  await service.settled();
  const ask = async (query: string) => topicsOf(await read(service, `/${query}`));
  assert.deepEqual(await ask(""), ["app.log.b", "app.log.a", "cron"]);
  assert.deepEqual(await ask("?flat"), ["app.log.b", "cron", "app.log.a"]);
  assert.deepEqual(await ask("?flat&sort=topic"), ["app.log.a", "app.log.b", "cron"]);
  assert.deepEqual(await ask("?filter=LOG"), ["app.log.b", "app.log.a"]);
  assert.deepEqual(await ask("?closed=app.log."), ["cron"]);
  const html = await read(service, "/?window=1h&sort=rate");
  assert.match(html, /aria-label="Throughput, −60 min to now"/);
  assert.match(html, /aria-sort="ascending"><a href="\?window=1h&amp;sort=-rate">rate/);
});

test("pages escape what events say of themselves", async (service) => {
  const probe = `"><script>alert(1)</script>`;
  const [one] = events(1, { topic: probe, source: probe, event_id: probe });
  await service.publish([one, one]);
  await service.settled();
  for (const path of ["/", "/dashboard/topics", `/?filter=${encodeURIComponent(probe)}`]) {
    const html = await read(service, path);
    assert.ok(html.includes("&lt;script"), path);
    // The one script on the page is its own, at its end, and ends once.
    const [before, script] = html.split('<script type="module"');
    assert.doesNotMatch(before!, /<script/i, path);
    assert.equal(script!.split(/<\/script/i).length, 2, path);
  }
});

test("/dashboard/topics lists all topics, also those that the overview leaves out", async (service) => {
  const names = Array.from({ length: 60 }, (_, n) => `t${String(n).padStart(2, "0")}`);
  await service.publish(names.map((topic) => events(1, { topic })[0]));
  await service.settled();
  assert.deepEqual(topicsOf(await read(service, "/dashboard/topics?sort=topic")), names);
  const overview = await read(service, "/");
  assert.equal(topicsOf(overview).length, 50);
  assert.match(overview, /the latest 50 of 60/);
});
