/** Runs the publisher as its task does: a process of its own, with its few permissions. */
import assert from "node:assert/strict";
import { ENVIRONMENT } from "../../publisher/options.ts";
import { closedPort } from "../helpers/http.ts";
import { Stub } from "./stub.ts";

const MAIN = new URL("../../publisher/main.ts", import.meta.url).href;

function command(args: string[], environment: Record<string, string> = {}) {
  const unset = Object.fromEntries(ENVIRONMENT.map((name) => [name, ""]));
  return new Deno.Command(Deno.execPath(), {
    args: ["run", "--no-prompt", "--allow-net", `--allow-env=${ENVIRONMENT}`, MAIN, ...args],
    env: { ...unset, NO_COLOR: "1", ...environment },
    stdout: "piped",
    stderr: "piped",
  });
}

async function publish(args: string[], environment: Record<string, string> = {}) {
  const { code, stdout, stderr } = await command(args, environment).output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  return { code, stdout: text(stdout), stderr: text(stderr) };
}

Deno.test("publish sends the defaults exactly and ends with OK", async () => {
  await using stub = new Stub();
  const { code, stdout, stderr } = await publish([], { AGGREGATOR_URL: stub.url.href });
  assert.equal(code, 0, stdout + stderr);
  assert.equal(stub.deliveries.size, 14_000);
  assert.equal(stub.counters.received, 20_000);
  assert.equal(stub.counters.duplicate_dropped, 6_000);
  assert.match(stdout, /^OK: received 20,000 = unique 14,000 \+ duplicates 6,000$/m);
  assert.match(stdout, /seed [0-9a-f]{12}-[0-9a-f]{8}$/m);
});

Deno.test("publish of one event a request sends objects, and the token only to the server", async () => {
  await using stub = new Stub();
  const args = ["--url", stub.url.href, "--events", "200", "--batch", "1"];
  const { code, stdout, stderr } = await publish(args, { API_TOKEN: "s3cret" });
  assert.equal(code, 0, stdout + stderr);
  assert.equal(stub.bodies.length, 200);
  assert.ok(stub.bodies.every((body) => body.startsWith("{")));
  assert.ok(stub.authorizations.every((value) => value === "Bearer s3cret"));
  assert.doesNotMatch(stdout + stderr, /s3cret/);
});

Deno.test("publish that is not let in says so in one line, and how a token is given", async () => {
  for (
    const [status, told] of [[401, / 401 .*: a token is taken from API_TOKEN$/], [
      403,
      / 403 [^:]*$/,
    ]] as const
  ) {
    await using stub = new Stub(() => new Response(null, { status }));
    const args = ["--url", stub.url.href, "--events", "1", "--no-check"];
    const { code, stderr } = await publish(args, { API_TOKEN: "s3cret" });
    assert.equal(code, 1);
    assert.match(stderr.trim().split("\n").at(-1)!, told);
    assert.doesNotMatch(stderr, /s3cret/);
  }
});

Deno.test("publish of the same seed again is all duplicates and still OK", async () => {
  await using stub = new Stub();
  const args = ["--url", stub.url.href, "--events", "500", "--seed", "again"];
  assert.equal((await publish(args)).code, 0);
  const { code, stdout } = await publish(args);
  assert.equal(code, 0, stdout);
  assert.match(stdout, /^OK: received 500 = unique 0 \+ duplicates 500$/m);
  assert.match(stdout, /only an upper bound/);
});

Deno.test("publish exits 1 with a table if the server's counters differ", async () => {
  await using stub = new Stub(({ n, accept }) => {
    const response = accept();
    if (n === 1) stub.counters.received--;
    return response;
  });
  const { code, stdout } = await publish(["--url", stub.url.href, "--events", "1000"]);
  assert.equal(code, 1);
  assert.match(stdout, /^DIFFERS/m);
  assert.match(stdout, /^ {2}received +1,000 +999 +differs$/m);
  assert.match(stdout, /another publisher/);
});

Deno.test("publish without the check reads no counters", async () => {
  await using stub = new Stub(({ accept }) => {
    accept();
    stub.counters.received += 1_000_000;
    return new Response(null, { status: 202 });
  });
  const { code, stdout } = await publish(["--url", stub.url.href, "--events", "10", "--no-check"]);
  assert.equal(code, 0, stdout);
  assert.doesNotMatch(stdout, /OK|DIFFERS/);
});

Deno.test("publish counts an accepted request whose answer was lost as in doubt", async () => {
  await using stub = new Stub(({ n, accept, hang }) => {
    const response = accept();
    return n === 2 ? hang() : response;
  });
  const args = ["--url", stub.url.href, "--events", "1000", "--concurrency", "1", "--timeout", "1"];
  const { code, stdout } = await publish(args);
  assert.equal(code, 0, stdout);
  assert.match(stdout, /^Retries +1, 100 events in doubt$/m);
  assert.match(stdout, /^OK: received 1,100 = unique 700 \+ duplicates 400$/m);
});

Deno.test("publish stops at a 422 with the server's reason in one line", async () => {
  await using stub = new Stub(() =>
    Response.json({
      title: "Invalid events",
      errors: [{ index: 3, path: "timestamp", message: "has no zone" }],
    }, { status: 422 })
  );
  const { code, stderr } = await publish(["--url", stub.url.href]);
  assert.equal(code, 1);
  assert.match(stderr, /^publish: POST .*422 .*Invalid events: event 3 timestamp has no zone\n$/);
});

Deno.test("publish gives up on an absent server with one line", async () => {
  const url = `http://127.0.0.1:${closedPort()}/publish`;
  const { code, stderr } = await publish(["--url", url, "--retry-for", "0.2"]);
  assert.equal(code, 1);
  assert.match(stderr, /^publish: Cannot reach .*Connection refused.*\n$/);
});

Deno.test("publish answers bad usage with one line and exit 2", async () => {
  const cases: [string[], Record<string, string>, RegExp][] = [
    [["--foo"], {}, /^publish: Unknown option '--foo'\n$/],
    [["--batch", "0"], {}, /^publish: --batch must be an integer from 1 to 100000, is "0"\n$/],
    [[], { DUPLICATE_RATE: "2" }, /^publish: DUPLICATE_RATE must be .*, is "2"\n$/],
  ];
  for (const [args, environment, line] of cases) {
    const { code, stdout, stderr } = await publish(args, environment);
    assert.equal(code, 2);
    assert.equal(stdout, "");
    assert.match(stderr, line);
  }
});

Deno.test("publish --help prints its usage", async () => {
  const { code, stdout } = await publish(["--help"]);
  assert.equal(code, 0);
  assert.match(stdout, /^Usage: deno task publish/);
});

Deno.test("publish stopped by Ctrl-C tells what it sent and exits 130", async () => {
  const stuck = Promise.withResolvers<void>();
  await using stub = new Stub(({ n, accept, hang }) => {
    if (n < 3) return accept();
    stuck.resolve();
    return hang();
  });
  const process = command(["--url", stub.url.href, "--concurrency", "1"]).spawn();
  await stuck.promise;
  process.kill("SIGINT");
  const { code, stdout } = await process.output();
  const text = new TextDecoder().decode(stdout);
  assert.equal(code, 130);
  assert.match(text, /^Sent +200 events/m);
  assert.match(text, /^Stopped/m);
});
