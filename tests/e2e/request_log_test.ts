/**
 * What the log of a running service says: at debug a line a request and a line an event, and never a
 * secret.
 */
import assert from "node:assert/strict";
import { usePostgres } from "../helpers/database.ts";
import { events } from "../helpers/events.ts";
import { startProxy } from "../helpers/proxy.ts";
import { failToStart, startService, temporaryDirectory, until } from "../helpers/service.ts";

const postgres = usePostgres();

type Line = Readonly<Record<string, unknown>>;

/** Runs a service and gives back what it has logged. */
async function logOf(
  level: string,
  work: (service: Awaited<ReturnType<typeof startService>>) => Promise<void>,
): Promise<{ lines: Line[]; text: string; url: string }> {
  await using database = await postgres.database({ migrated: false });
  await using data = await temporaryDirectory();
  const log: string[] = [];
  const env = { DATABASE_URL: database.url, DATA_DIR: data.path, LOG_FORMAT: "json" };
  await using service = await startService({ ...env, LOG_LEVEL: level }, log);
  await work(service);
  await service.stop();
  const text = log.join("");
  const lines = text.split("\n").filter((line) => line.startsWith("{"));
  return { lines: lines.map((line) => JSON.parse(line)), text, url: database.url };
}

Deno.test("at debug each request is a line, without its query, and each event one", async () => {
  const sent = events(2);
  const { lines, text, url } = await logOf("debug", async (service) => {
    const headers = { "x-request-id": "r-1", authorization: "Bearer s3cret", cookie: "a=s3cret" };
    await (await fetch(`${service.url}/events?q=s3cret`, { headers })).body?.cancel();
    await (await service.publish([...sent, sent[0]])).body?.cancel();
    await service.settled();
  });
  const request = lines.find((line) => line["request_id"] === "r-1")!;
  assert.deepEqual([request["method"], request["path"], request["status"]], [
    "GET",
    "/events",
    200,
  ]);
  assert.equal(typeof request["ms"], "number");
  const told = lines.map(({ message }) => String(message)).filter((one) =>
    one.startsWith("CONSUMER")
  )
    .map((one) => one.replaceAll(/^CONSUMER #\d+ |"/g, ""));
  const name = ({ topic, event_id }: { topic: string; event_id: string }) => `${topic} ${event_id}`;
  assert.deepEqual(
    told.toSorted(),
    [
      `DUPLICATE ${name(sent[0]!)}`,
      ...sent.map((event) => `PROCESSED ${name(event)}`),
    ].toSorted(),
  );
  assert.ok(!text.includes("s3cret"));
  const { password } = new URL(url);
  assert.ok(password !== "" && !text.includes(password) && !text.includes(url));
});

Deno.test("no token, password or URL with one gets into the log, whatever fails", async () => {
  const token = "t0ken-s3cret-0123456789";
  const [wrong, short] = ["wr0ng-s3cret-0123456789", "s3cret-short"];
  await using database = await postgres.database({ migrated: false });
  await using proxy = startProxy(database.url);
  await using data = await temporaryDirectory();
  const log: string[] = [];
  const { password } = new URL(proxy.url);
  {
    await using service = await startService({
      API_TOKENS: `a:admin:${token}`,
      DATABASE_URL: proxy.url,
      DATA_DIR: data.path,
      LOG_LEVEL: "debug",
    }, log);
    const ask = async (path: string, init: RequestInit) =>
      await (await fetch(service.url + path, { redirect: "manual", ...init })).body?.cancel();
    for (const text of [token, wrong, short]) {
      const headers = { authorization: `Bearer ${text}`, cookie: `sekali_session=${text}` };
      await ask("/stats", { headers });
      await ask(`/events?token=${text}`, { headers: { authorization: text } });
      await ask("/login", {
        method: "POST",
        body: new URLSearchParams({ token: text, next: `/${text}` }),
      });
      await ask("/login", { method: "POST", body: `token=${text}` });
    }
    proxy.cut();
    await until(() => fetch(`${service.url}/readyz`), async (response) => {
      await response.body?.cancel();
      return response.status === 503;
    });
    await ask("/events", { headers: { authorization: `Bearer ${token}` } });
  }
  const text = log.join("");
  assert.match(text, /\/events\W+503/);
  assert.match(text, /\/login\W+401/);
  assert.ok(!text.includes("s3cret"), text);
  assert.ok(password !== "" && !text.includes(password) && !text.includes("postgres:/"), text);
});

Deno.test("no start is refused with the text of a token", async () => {
  await using data = await temporaryDirectory();
  const { code, stdout, stderr } = await failToStart({
    API_TOKENS: "a:reed:t0ken-s3cret-0123456789",
    DATA_DIR: data.path,
    LOG_LEVEL: "debug",
  });
  assert.equal(code, 2);
  assert.match(stderr, /^Cannot start: API_TOKENS must be .*: entry 1 must have scopes .*\n$/);
  assert.ok(!(stdout + stderr).includes("s3cret"));
});

Deno.test("at info neither requests nor events are lines", async () => {
  const { text } = await logOf("info", async (service) => {
    await (await service.publish(events(2))).body?.cancel();
    await service.settled();
  });
  assert.ok(!/CONSUMER|\/publish/.test(text), text);
});

Deno.test("a database that lets nobody in is told without its password", async () => {
  await using database = await postgres.database({ migrated: false });
  await using data = await temporaryDirectory();
  const wrong = new URL(database.url);
  wrong.password = "wr0ng-s3cret";
  const { code, stdout, stderr } = await failToStart({
    DATABASE_URL: wrong.href,
    DATA_DIR: data.path,
    LOG_LEVEL: "debug",
  });
  assert.equal(code, 2);
  assert.match(stderr, /database is not usable/);
  assert.ok(!(stdout + stderr).includes("s3cret"), stderr);
});
