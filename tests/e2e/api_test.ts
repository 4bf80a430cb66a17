/**
 * What a client sees: the publisher's own check, exports, the live stream, errors.
 */
import assert from "node:assert/strict";
import { events } from "../helpers/events.ts";
import { root } from "../helpers/service.ts";
import { useEmptiedService } from "../helpers/service_tests.ts";

const test = useEmptiedService();

test("deno task publish ends with OK, and an export holds every stored event once", async (service) => {
  const publisher = await new Deno.Command(Deno.execPath(), {
    args: ["task", "--quiet", "publish"],
    cwd: root,
    env: { AGGREGATOR_URL: `${service.url}/publish`, NUM_EVENTS: "20000", DUPLICATE_RATE: "0.3" },
  }).output();
  const output = new TextDecoder().decode(publisher.stdout);
  assert.match(output, /^OK: received 20,000 = unique 14,000 \+ duplicates 6,000$/m);
  assert.equal(publisher.code, 0);

  const response = await fetch(`${service.url}/events?topic=app.log.*`, {
    headers: { accept: "application/x-ndjson" },
  });
  assert.equal(response.headers.get("content-type"), "application/x-ndjson");
  const lines = (await response.text()).trimEnd().split("\n");
  const ids = new Set(lines.map((line) => JSON.parse(line).event_id));
  assert.deepEqual([lines.length, ids.size], [14_000, 14_000]);
});

test("/events pages through everything by its Link", async (service) => {
  await service.publish(events(25));
  await service.settled();
  const seen: number[] = [];
  let path: string | undefined = "/events?limit=10&order=asc";
  while (path !== undefined) {
    const response: Response = await fetch(service.url + path);
    seen.push(...(await response.json()).map(({ seq }: { seq: number }) => seq));
    path = /^<(.*)>; rel="next"$/.exec(response.headers.get("link") ?? "")?.[1];
  }
  assert.equal(seen.length, 25);
  assert.deepEqual(seen, [...new Set(seen)].toSorted((a, b) => a - b));
});

test("/events pages by event time, too", async (service) => {
  const at = (second: number) => ({ timestamp: `2026-11-22T09:30:0${second}.123456Z` });
  await service.publish([3, 1, 4, 1, 5, 9, 2, 6].flatMap((second) => events(1, at(second))));
  await service.settled();
  const seen: string[] = [];
  let path: string | undefined = "/events?limit=3&order=time_asc";
  while (path !== undefined) {
    const response: Response = await fetch(service.url + path);
    seen.push(
      ...(await response.json()).map((e: { timestamp: string }) => e.timestamp.slice(18, 19)),
    );
    path = /^<(.*)>; rel="next"$/.exec(response.headers.get("link") ?? "")?.[1];
  }
  assert.deepEqual(seen.join(""), "11234569");
});

test("/events is not sent again to who has it", async (service) => {
  await service.publish(events(3));
  await service.settled();
  const first = await fetch(`${service.url}/events`);
  await first.body?.cancel();
  const tag = first.headers.get("etag")!;
  const ask = (known: string) =>
    fetch(`${service.url}/events`, { headers: { "if-none-match": known } });
  const same = await ask(`"x", W/${tag}`);
  assert.deepEqual([same.status, await same.text(), same.headers.get("etag")], [304, "", tag]);
  await service.publish(events(1));
  await service.settled();
  const more = await ask(tag);
  assert.deepEqual([more.status, (await more.json()).length], [200, 4]);
});

test("/events/:topic/:event_id finds a key whatever stands in it", async (service) => {
  const keys = [["a/b", "c d"], ["%2F", "é?#"], ["a.b", "1"], ["..", "%"]] as const;
  await service.publish(keys.map(([topic, event_id]) => events(1, { topic, event_id })[0]));
  await service.settled();
  for (const [topic, event_id] of keys.slice(0, 3)) {
    const path = `/events/${encodeURIComponent(topic)}/${encodeURIComponent(event_id)}`;
    const found = await service.get(path);
    assert.deepEqual([found.topic, found.event_id], [topic, event_id]);
  }
  const response = await fetch(`${service.url}/events/a.b/2`);
  assert.deepEqual([response.status, (await response.json()).title], [404, "Not found"]);
});

test("a CSV export reads back as what was published", async (service) => {
  const hostile = ['=HYPERLINK("x")', "-1", "a,b", 'say "hi"', "line\r\nend", "@x", "+1", "\tx"];
  await service.publish(
    hostile.map((source, n) =>
      events(1, { source, event_id: `${n}`, payload: { content: source } })[0]
    ),
  );
  await service.settled();
  const response = await fetch(`${service.url}/events?format=csv&order=asc`);
  assert.match(response.headers.get("content-type")!, /^text\/csv/);
  assert.equal(response.headers.get("content-disposition"), 'attachment; filename="events.csv"');
  const [head, ...rows] = readCsv(await response.text());
  const at = (name: string) => head!.indexOf(name);
  assert.deepEqual(rows.map((row) => JSON.parse(row[at("payload")]!).content), hostile);
  for (const [n, row] of rows.entries()) {
    const source = row[at("source")]!;
    assert.ok(!/^[=+\-@\t\r]/.test(source), source);
    assert.equal(source.replace(/^'/, ""), hostile[n]);
  }
});

/** Cells of a CSV text, by line, as RFC 4180 has them. */
function readCsv(text: string): string[][] {
  const lines: string[][] = [[]];
  for (
    const [, quoted, plain, end] of text.matchAll(/(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n|$)/g)
  ) {
    if (end === "" && quoted === undefined && plain === "") break;
    lines.at(-1)!.push(quoted?.replaceAll('""', '"') ?? plain!);
    if (end === "\r\n") lines.push([]);
  }
  return lines.filter((line) => line.length > 0);
}

test("/topics counts by topic", async (service) => {
  const [first] = events(1, { topic: "a" });
  await service.publish([first, first, ...events(2, { topic: "b" })]);
  await service.settled();
  const topics = await service.get("/topics");
  assert.deepEqual(
    topics.map((
      t: Record<string, unknown>,
    ) => [t.topic, t.received, t.unique_processed, t.duplicate_dropped]),
    [["a", 2, 1, 1], ["b", 2, 2, 0]],
  );
});

test("/stream sends the numbers at once, and again when they change", async (service) => {
  const response = await fetch(`${service.url}/stream`);
  assert.equal(response.headers.get("content-type"), "text/event-stream");
  const frames = response.body!.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  const untilReceived = async (wanted: number) => {
    while (!text.includes(`event: stats\ndata: {"received":${wanted},`)) {
      const { value, done } = await frames.read();
      assert.ok(!done);
      text += value;
    }
  };
  await untilReceived(0);
  await service.publish(events(3));
  await untilReceived(3);
  await frames.cancel();
});

test("the overview shows the numbers without any script", async (service) => {
  await service.publish(events(1234, { topic: "<script>alert(1)</script>" }));
  await service.settled();
  const html = await (await fetch(service.url)).text();
  assert.match(html, /<b>1,234<\/b><span>received<\/span>/);
  assert.match(html, /&lt;script>alert\(1\)&lt;\/script>/);
  // The one script on the page is not ended early by what it was given.
  assert.equal(html.split("</script>").length, 2);
});

test("what is asked wrongly is told so as problem+json", async (service) => {
  const ask = async (path: string, init?: RequestInit) => {
    const response = await fetch(service.url + path, init);
    const problem = await response.json();
    assert.equal(response.headers.get("content-type"), "application/problem+json");
    assert.equal(problem.status, response.status);
    return { status: response.status, problem, headers: response.headers };
  };
  const json = { "content-type": "application/json" };
  assert.equal((await ask("/nowhere")).status, 404);
  const wrongMethod = await ask("/publish");
  assert.deepEqual([wrongMethod.status, wrongMethod.headers.get("allow")], [405, "POST, OPTIONS"]);
  assert.equal((await ask("/", { method: "DELETE" })).status, 405);
  assert.equal((await ask("/publish", { method: "POST", headers: json, body: "{" })).status, 400);
  assert.equal((await ask("/publish", { method: "POST", body: "a=b" })).status, 415);
  assert.equal((await ask("/events?limit=0")).status, 400);
  assert.equal((await ask("/events?colour=red")).status, 400);
});

test("a browser that asks for nothing that is there gets a page", async (service) => {
  const response = await fetch(`${service.url}/nowhere`, { headers: { accept: "text/html" } });
  assert.equal(response.status, 404);
  assert.match(await response.text(), /<h1>404<\/h1>/);
});

test("/healthz and /readyz answer 200 while all is well", async (service) => {
  assert.deepEqual(await service.get("/healthz"), { status: "ok" });
  assert.deepEqual(await service.get("/readyz"), { status: "ready" });
});
