/**
 * The load balancer's configuration, run by a real nginx before two servers on loopback.
 */
import assert from "node:assert/strict";
import { join } from "node:path";
import { closedPort } from "../helpers/http.ts";
import { isInstalled, testWith } from "../helpers/installed.ts";

/** What stands for an aggregator, and what it was sent. */
interface Upstream extends AsyncDisposable {
  readonly port: number;
  readonly bodies: string[];
}

type Answer = (request: Request, body: string) => Response | Promise<Response>;

function upstream(answer: Answer): Upstream {
  const bodies: string[] = [];
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    async (request) => {
      const body = await request.text();
      bodies.push(body);
      return await answer(request, body);
    },
  );
  return { port: server.addr.port, bodies, [Symbol.asyncDispose]: () => server.shutdown() };
}

/** Starts nginx before two ports, as deploy/nginx.conf says but for addresses and files. */
async function balance(first: number, second: number) {
  const directory = await Deno.makeTempDir({ prefix: "sekali-test-" });
  const port = closedPort();
  const conf = (await Deno.readTextFile(new URL("../../deploy/nginx.conf", import.meta.url)))
    .replace(/^worker_processes auto;$/m, "worker_processes 1;")
    .replace(/^ *resolver .*$/m, "")
    .replaceAll("aggregator-1:8080 resolve", `127.0.0.1:${first}`)
    .replaceAll("aggregator-2:8080 resolve", `127.0.0.1:${second}`)
    .replace("listen 8080;", `listen 127.0.0.1:${port};`)
    .replaceAll("/tmp/", `${directory}/`);
  const path = join(directory, "nginx.conf");
  await Deno.writeTextFile(path, conf);
  // As root it would give its workers to a user who may not write here.
  const user = Deno.uid() === 0 ? "user root;" : "";
  const process = new Deno.Command("nginx", {
    args: ["-c", path, "-g", `daemon off; ${user}`],
    stdout: "null",
    stderr: "null",
  }).spawn();
  const url = `http://127.0.0.1:${port}`;
  while (!await fetch(`${url}/balancer`).then((answer) => answer.text(), () => "")) {
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  return {
    url,
    async [Symbol.asyncDispose]() {
      process.kill("SIGTERM");
      await process.status;
      await Deno.remove(directory, { recursive: true });
    },
  };
}

const installed = await isInstalled("nginx", "-v");

const balancerTest = (name: string, fn: () => Promise<void>) =>
  testWith("nginx", installed, name, fn);

const accepted = () => Response.json({ status: "accepted" }, { status: 202 });
const full = () => new Response(null, { status: 503, headers: { "retry-after": "7" } });
const post = (url: string, body: string) => fetch(url, { method: "POST", body });

/** Larger than what is kept in memory on the way. */
const BODY = "x".repeat(2 * 2 ** 20);

balancerTest("events that find one aggregator gone or full go to the other, whole", async () => {
  await using up = upstream(accepted);
  await using busy = upstream(full);
  for (const other of [closedPort(), busy.port]) {
    await using balancer = await balance(other, up.port);
    for (let request = 0; request < 4; request++) {
      const response = await post(`${balancer.url}/publish`, BODY);
      assert.equal(response.status, 202);
      await response.body?.cancel();
    }
  }
  assert.equal(up.bodies.length, 8);
  assert.ok(up.bodies.every((body) => body === BODY));
  assert.ok(busy.bodies.length > 0);
});

balancerTest(
  "events that no aggregator takes are refused with what the last one says",
  async () => {
    await using first = upstream(full);
    await using second = upstream(full);
    await using balancer = await balance(first.port, second.port);
    const response = await post(`${balancer.url}/publish`, "[]");
    await response.body?.cancel();
    assert.equal(response.status, 503);
    assert.equal(response.headers.get("retry-after"), "7");
    assert.equal(first.bodies.length + second.bodies.length, 2);
  },
);

balancerTest("where no aggregator answers, a problem says when to come again", async () => {
  await using balancer = await balance(closedPort(), closedPort());
  for (const path of ["/publish", "/stats"]) {
    const response = await post(balancer.url + path, "[]");
    assert.equal(response.status, 503, path);
    assert.equal(response.headers.get("retry-after"), "1");
    assert.equal(response.headers.get("content-type"), "application/problem+json");
    assert.equal((await response.json()).status, 503);
  }
});

balancerTest("a replay is sent to one aggregator, whatever it answers", async () => {
  await using first = upstream(full);
  await using second = upstream(full);
  await using balancer = await balance(first.port, second.port);
  const response = await post(`${balancer.url}/dead-letters/1/replay`, "");
  await response.body?.cancel();
  assert.equal(response.status, 503);
  assert.equal(first.bodies.length + second.bodies.length, 1);
});

balancerTest("frames of a stream arrive one by one, while it goes on", async () => {
  let send: (text: string) => void = () => {};
  const frames = () => {
    const body = new ReadableStream<Uint8Array>({
      start(controller) {
        send = (text) => controller.enqueue(new TextEncoder().encode(text));
        send("data: 1\n\n");
      },
    });
    return new Response(body, { headers: { "content-type": "text/event-stream" } });
  };
  await using first = upstream(frames);
  await using second = upstream(frames);
  await using balancer = await balance(first.port, second.port);
  const controller = new AbortController();
  const response = await fetch(`${balancer.url}/stream`, { signal: controller.signal });
  const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
  assert.equal((await reader.read()).value, "data: 1\n\n");
  send("data: 2\n\n");
  assert.equal((await reader.read()).value, "data: 2\n\n");
  await reader.cancel();
  controller.abort();
});

balancerTest("pages stay with one aggregator, events go to both", async () => {
  const name = (text: string) => () => new Response(text);
  await using first = upstream(name("1"));
  await using second = upstream(name("2"));
  await using balancer = await balance(first.port, second.port);
  const asked = async (path: string) => {
    const answers: string[] = [];
    for (let request = 0; request < 10; request++) {
      answers.push(await (await post(balancer.url + path, "")).text());
    }
    return new Set(answers).size;
  };
  assert.equal(await asked("/login"), 1);
  assert.equal(await asked("/publish"), 2);
});
