/** Runs `deno task stats` as its task does, against a real service. */
import assert from "node:assert/strict";
import { numbersTable } from "../../publisher/numbers_table.ts";
import { fill } from "../helpers/filled.ts";
import { TextLineStream } from "../helpers/lines.ts";
import { event } from "../helpers/events.ts";
import { usePostgres } from "../helpers/database.ts";
import { startService, temporaryDirectory } from "../helpers/service.ts";
import { useService } from "../helpers/service_tests.ts";
import { within } from "../helpers/within.ts";
import { closedPort } from "../helpers/http.ts";
import { Stub } from "./stub.ts";

const MAIN = new URL("../../publisher/numbers.ts", import.meta.url).href;
const postgres = usePostgres();
const test = useService(postgres);

function command(url: string, args: string[], token = "") {
  const permissions = ["--no-prompt", "--allow-net", "--allow-env=AGGREGATOR_URL,API_TOKEN"];
  return new Deno.Command(Deno.execPath(), {
    args: ["run", ...permissions, MAIN, ...args],
    env: { AGGREGATOR_URL: `${url}/publish`, API_TOKEN: token, NO_COLOR: "1" },
    stdout: "piped",
    stderr: "piped",
  });
}

async function stats(url: string, args: string[] = [], token?: string) {
  const { code, stdout, stderr } = await command(url, args, token).output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  return { code, stdout: text(stdout), stderr: text(stderr) };
}

test("stats prints the law, consumers and topics, once", async (service) => {
  await fill(service);
  const { code, stdout } = await stats(service.url);
  assert.equal(code, 0);
  for (
    const line of [
      /^received +127 {2}consistent$/m,
      /^unique +100 {2}78\.7 %$/m,
      /^duplicates +25 {2}19\.7 %$/m,
      /^dead letters +2 {2}1\.6 %$/m,
      /^pending +0$/m,
      /^up .* PostgreSQL 18\.\d+, \S+$/m,
      /^1 +idle +[\d,]+ +[\d,]+\/s +0$/m,
      /^topic +received +unique +duplicates +dead letters +rate$/m,
      /^shop\.orders\.created +50 +25 +25 +0 +\d+\/s$/m,
      /^shop\.refused +2 +0 +0 +2 +\d+\/s$/m,
    ]
  ) {
    assert.match(stdout, line);
  }
});

test("stats --json prints the answer of /stats, one line", async (service) => {
  const { code, stdout } = await stats(service.url, ["--json"]);
  assert.equal(code, 0);
  assert.match(stdout, /^\{[^\n]*\}\n$/);
  const { uptime: _, ...told } = JSON.parse(stdout);
  const { uptime: __, ...now } = await service.get("/stats");
  assert.deepEqual(Object.keys(told), Object.keys(now));
  assert.equal(told.received, 0);
});

Deno.test("stats --watch prints on, over a restart of the service, until Ctrl-C", async () => {
  await using database = await postgres.database({ migrated: false });
  await using data = await temporaryDirectory();
  const port = String(closedPort());
  const env = { DATABASE_URL: database.url, DATA_DIR: data.path, PORT: port };
  const first = await startService(env);
  const process = command(`http://localhost:${port}`, ["--watch", "--json"]).spawn();
  const lines = process.stdout.pipeThrough(new TextDecoderStream())
    .pipeThrough(new TextLineStream()).getReader();
  const errors = process.stderr.pipeThrough(new TextDecoderStream()).getReader();
  const received = async (wanted: number) => {
    for (;;) {
      const { value } = await within(30_000, "A line", lines.read());
      if (JSON.parse(value!).received === wanted) return;
    }
  };
  await received(0);
  await first.kill();
  const { value: trouble } = await within(30_000, "A word", errors.read());
  assert.match(trouble!, /^stats: The service is away, trying again: .+\n$/);
  await using second = await startService(env);
  await second.publish(event());
  await received(1);
  process.kill("SIGINT");
  await Promise.all([lines.cancel(), errors.cancel()]);
  assert.equal((await process.status).code, 130);
});

Deno.test("stats sends the token of the environment, and never shows it", async () => {
  await using stub = new Stub();
  const { code, stdout, stderr } = await stats(stub.url.origin, ["--json"], "s3cret");
  assert.equal(code, 0, stderr);
  assert.deepEqual(stub.authorizations, ["Bearer s3cret"]);
  assert.doesNotMatch(stdout + stderr, /s3cret/);
});

Deno.test("stats answers what it cannot do with one line", async () => {
  await using stub = new Stub(() => Response.json([]));
  const away = `http://127.0.0.1:${closedPort()}`;
  for (
    const [url, args, token, status, line] of [
      [stub.url.origin, ["--foo"], "", 2, /^stats: Unknown option '--foo'/],
      [stub.url.origin, ["--url", "ftp://x"], "", 2, /^stats: --url must be .*, is "ftp:\/\/x"\n$/],
      [
        stub.url.origin,
        [],
        "a b",
        2,
        /^stats: API_TOKEN must be printable ASCII without spaces\n$/,
      ],
      [
        stub.url.origin,
        [],
        "",
        1,
        /^stats: GET \/stats did not answer the numbers: "\w+" is wrong\n$/,
      ],
      [away, [], "", 1, /^stats: The service is away: .*refused.*\n$/],
      [away, ["--watch"], "", 1, /^stats: The service is away: .*refused.*\n$/],
    ] as const
  ) {
    const { code, stdout, stderr } = await stats(url, [...args], token);
    assert.deepEqual([code, stdout], [status, ""], stderr);
    assert.match(stderr, line);
    assert.equal(stderr.trim().split("\n").length, 1);
  }
});

const totals = { received: 3, unique_processed: 3, duplicate_dropped: 0, dead_letters: 0 };
const numbers = {
  ...totals,
  expired: 0,
  consistent: true,
  pending: 0,
  lag_ms: 0,
  uptime: 7_200,
  draining: false,
  rates: { accepted: 0, received: 0 },
  queue: { kind: "local" as const },
  database: { version: "18.4", at: "embedded" },
  consumers: [],
};

Deno.test("numbersTable() lists the topics that received most, and how many there are beside", () => {
  const topics = Array.from({ length: 14 }, (_, n) => ({
    topic: `t${n}`,
    ...totals,
    received: n,
    rate: n === 13 ? null : n,
  }));
  const lines = numbersTable(numbers, topics);
  const listed = lines.flatMap((line) => /^t\d+/.exec(line) ?? []);
  assert.deepEqual(listed, ["t13", "t12", "t11", "t10", "t9", "t8", "t7", "t6", "t5", "t4"]);
  assert.equal(lines.at(-1), "and 4 more");
  assert.match(lines.find((line) => line.startsWith("t13"))!, / –$/);
});

Deno.test("numbersTable() says what is not as it should be", () => {
  const text = numbersTable({
    ...numbers,
    expired: 1,
    consistent: false,
    pending: 12_345,
    lag_ms: 61_000,
    draining: true,
    queue: { kind: "jetstream", stream: "s", at: "a:1,b:2", trouble: "lost", messages: 1_200 },
    consumers: [
      { consumer: 1, state: "retrying", committed: 0, rate: 0, restarts: 2, trouble: "gone" },
    ],
  }, []).join("\n");
  assert.match(text, /^received +3 {2}INCONSISTENT$/m);
  assert.match(text, /^expired +1 {2}of the unique$/m);
  assert.match(text, /^pending +12,345 {2}oldest 1 min$/m);
  assert.match(text, /^messages +1,200 {2}JetStream s, a:1,b:2: lost$/m);
  assert.match(text, /^committed +0\/s {2}stopping$/m);
  assert.match(text, /^up +2 h {2}PostgreSQL 18\.4, embedded$/m);
  assert.match(text, /^1 +retrying +0 +0\/s +2 {2}gone$/m);
  assert.match(text, /^No topic yet$/m);
});

Deno.test("numbersTable() escapes what could drive a terminal", () => {
  const evil = { topic: "\x1b[2J\r\u202e", ...totals, rate: 0 };
  const lines = numbersTable(numbers, [evil]);
  assert.match(lines.at(-1)!, /^\\u001b\[2J\\u000d\\u202e /);
  assert.equal(lines.at(-1)!.length, lines.at(-2)!.length);
});
