/** Runs the tail as its task does, against a real service. */
import assert from "node:assert/strict";
import { closedPort } from "../helpers/http.ts";
import { TextLineStream } from "../helpers/lines.ts";
import { usePostgres } from "../helpers/database.ts";
import { events } from "../helpers/events.ts";
import { type Service, startService, temporaryDirectory } from "../helpers/service.ts";
import { useEmptiedService, useService } from "../helpers/service_tests.ts";
import { within } from "../helpers/within.ts";

const MAIN = new URL("../../publisher/tail.ts", import.meta.url).href;
const postgres = usePostgres();
const test = useEmptiedService(postgres);
const testAlone = useService(postgres);

function tail(url: string, ...args: string[]) {
  return tailWith("", url, ...args);
}

/** A tail that has a token. */
function tailWith(token: string, url: string, ...args: string[]) {
  return new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "--no-prompt",
      "--allow-net",
      "--allow-env=AGGREGATOR_URL,API_TOKEN",
      MAIN,
      ...args,
    ],
    env: { AGGREGATOR_URL: `${url}/publish`, API_TOKEN: token },
    stdout: "piped",
    stderr: "piped",
  });
}

/** A running tail, whose lines are read one by one. */
function spawnTail(url: string, ...args: string[]) {
  const process = tail(url, ...args).spawn();
  const lines = process.stdout.pipeThrough(new TextDecoderStream())
    .pipeThrough(new TextLineStream()).getReader();
  return {
    process,
    async lines(count: number): Promise<string[]> {
      const read: string[] = [];
      while (read.length < count) {
        const { value } = await within(30_000, "A line", lines.read());
        read.push(value!);
      }
      return read;
    },
    async [Symbol.asyncDispose]() {
      process.kill("SIGINT");
      await lines.cancel();
      await process.stderr.cancel();
      assert.equal((await process.status).code, 130);
    },
  };
}

async function publish(service: Service, count: number, fields = {}) {
  const response = await service.publish(events(count, fields));
  assert.equal(response.status, 202);
  await response.body?.cancel();
  await service.settled();
}

const seqs = (lines: string[]) => lines.map((line) => JSON.parse(line).seq as number);

test("tail prints the latest events, then what is stored, with what drives a terminal escaped", async (service) => {
  await publish(service, 3, { topic: "a.b", payload: { content: "old" } });
  await publish(service, 1, { topic: "c" });
  await using running = spawnTail(service.url, "--topic", "a.>", "--last", "2");
  assert.match((await running.lines(2))[1]!, /^2026-11-22T09:30:00\S* {2}a\.b {2}test {2}old$/);
  await publish(service, 1, { topic: "a.b", payload: { content: "\x1b[2J\r\u202e\x9b" } });
  assert.match((await running.lines(1))[0]!, / {2}\\u001b\[2J\\u000d\\u202e\\u009b$/);
});

test("tail --json prints events as they are stored, digit by digit", async (service) => {
  await fetch(`${service.url}/publish`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: `{"topic":"t","event_id":"1","timestamp":"2026-11-22T09:30:00Z","source":"s",` +
      `"payload":{"content":"","n":12345678901234567890.10}}`,
  });
  await service.settled();
  await using running = spawnTail(service.url, "--json");
  assert.match((await running.lines(1))[0]!, /12345678901234567890\.10/);
});

Deno.test("tail goes on without gap or repeat after the service was killed and has started again", async () => {
  await using database = await postgres.database({ migrated: false });
  await using data = await temporaryDirectory();
  const port = String(closedPort());
  const env = { DATABASE_URL: database.url, DATA_DIR: data.path, PORT: port };
  const url = `http://localhost:${port}`;
  const first = await startService(env);
  await publish(first, 5);
  await using running = spawnTail(url, "--json", "--last", "3");
  const seen = seqs(await running.lines(3));
  await publish(first, 4);
  seen.push(...seqs(await running.lines(2)));
  await first.kill();
  await using second = await startService(env);
  await publish(second, 6);
  seen.push(...seqs(await running.lines(8)));
  const all = await database.sql<{ seq: number }[]>`select seq from processed_events order by seq`;
  assert.deepEqual(seen, all.map(({ seq }) => seq).slice(-13));
});

test("tail ends with 0 when nobody reads its output any more", async (service) => {
  await publish(service, 1);
  const process = tail(service.url, "--since", "0").spawn();
  const reader = process.stdout.getReader();
  await reader.read();
  await reader.cancel();
  await publish(service, 1);
  assert.equal((await within(30_000, "The end", process.status)).code, 0);
  await process.stderr.cancel();
});

test("tail answers what it cannot do with one line", async (service) => {
  for (
    const [args, status, line] of [
      [["--foo"], 2, /^tail: Unknown option '--foo'/],
      [["--last", "x"], 2, /^tail: --last must be an integer from 0 to 1000, is "x"\n$/],
      [["--last", "1", "--since", "1"], 2, /exclude each other\n$/],
      [["--topic", "x".repeat(2_000)], 1, /^tail: GET \S+\/stream was refused: 400 .*\n$/],
      [["--url", `${service.url}/none/`], 1, /^tail: GET \S+ was refused: 404 .*\n$/],
    ] as const
  ) {
    const { code, stderr } = await tail(service.url, ...args).output();
    const text = new TextDecoder().decode(stderr);
    assert.equal(code, status, text);
    assert.match(text, line);
    assert.equal(text.trim().split("\n").length, 1);
  }
});

const TOKEN = "tail-0123456789abcdef";

testAlone(
  "tail sends the token of its environment, and says in one line where it is not let in",
  async ({ url }) => {
    const headers = { authorization: `Bearer ${TOKEN}`, "content-type": "application/json" };
    const body = JSON.stringify(events(1, { topic: "secret.topic" }));
    const published = await fetch(`${url}/publish`, { method: "POST", headers, body });
    assert.equal(published.status, 202);
    const process = tailWith(TOKEN, url, "--since", "0").spawn();
    const reader = process.stdout.getReader();
    const { value } = await within(30_000, "A line", reader.read());
    assert.match(new TextDecoder().decode(value), /secret\.topic/);
    await reader.cancel();
    process.kill("SIGINT");
    await Promise.all([process.status, process.stderr.cancel()]);
    for (const token of ["", `${TOKEN}x`]) {
      const { code, stderr } = await tailWith(token, url).output();
      const text = new TextDecoder().decode(stderr);
      assert.equal(code, 1);
      assert.match(
        text,
        /^tail: GET \S+\/stream was refused: 401 .*: a token is taken from API_TOKEN\n$/,
      );
      assert.ok(!text.includes(TOKEN));
    }
  },
  { API_TOKENS: `tail:admin:${TOKEN}` },
);
