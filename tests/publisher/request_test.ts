import assert from "node:assert/strict";
import {
  refusal,
  request,
  RequestError,
  retryAfterMs,
  type TemporaryFailure,
} from "../../publisher/request.ts";
import { closedPort } from "../helpers/http.ts";
import { fastPolicy, Stub } from "./stub.ts";

const post = { method: "POST", body: "[]" };

/** Sends `post` and keeps what was retried. */
function send(url: URL, policy = fastPolicy().policy) {
  const failures: TemporaryFailure[] = [];
  const answer = request(url, post, policy, (failure) => failures.push(failure));
  return { failures, answer };
}

Deno.test("request() resends the same body after 503, waiting for Retry-After each time", async () => {
  await using stub = new Stub(({ n, accept }) =>
    n <= 2 ? new Response(null, { status: 503, headers: { "retry-after": `${n}` } }) : accept()
  );
  const { policy, waits } = fastPolicy();
  const { failures, answer } = send(stub.url, policy);
  assert.equal(await answer, '{"status":"accepted","accepted":0}');
  assert.deepEqual(stub.bodies, ["[]", "[]", "[]"]);
  assert.deepEqual(waits, [1_000, 2_000]);
  assert.deepEqual(failures.map((failure) => failure.inDoubt), [false, false]);
});

Deno.test("request() retries 429, 502, 503, 504 and 507; a gateway's answer is in doubt", async () => {
  const statuses = [429, 502, 503, 504, 507];
  await using stub = new Stub(({ n, accept }) => {
    const status = statuses[n - 1];
    return status ? new Response(null, { status }) : accept();
  });
  const { failures, answer } = send(stub.url);
  await answer;
  assert.deepEqual(failures.map((failure) => failure.inDoubt), [false, true, false, true, false]);
});

Deno.test("request() stops at any other status with the server's reason", async () => {
  for (const status of [302, 400, 401, 413, 422, 500]) {
    await using stub = new Stub(() =>
      Response.json({ title: "Refused", detail: "because" }, {
        status,
        headers: { location: "/elsewhere" },
      })
    );
    const { failures, answer } = send(stub.url);
    await assert.rejects(answer, (error) => {
      assert.ok(error instanceof RequestError);
      assert.match(
        error.message,
        new RegExp(
          `^POST http://.*/publish was refused: ${status} .*because` +
            `${status === 401 ? ": a token is taken from API_TOKEN" : ""}$`,
        ),
      );
      return true;
    });
    assert.equal(stub.bodies.length, 1);
    assert.equal(failures.length, 0);
  }
});

Deno.test("request() retries a refused connection until the server is up", async () => {
  const port = closedPort();
  const failures: TemporaryFailure[] = [];
  let stub: Stub | undefined;
  const url = new URL(`http://127.0.0.1:${port}/publish`);
  await request(url, post, fastPolicy().policy, (failure) => {
    failures.push(failure);
    stub ??= new Stub(undefined, port);
  });
  await using started = stub!;
  assert.equal(started.bodies.length, 1);
  assert.match(failures[0]!.message, /Connection refused/);
  assert.equal(failures[0]!.inDoubt, false);
});

Deno.test("request() takes a connection lost before the answer as in doubt", async () => {
  const listener = Deno.listen({ port: 0, hostname: "127.0.0.1" });
  const url = new URL(`http://127.0.0.1:${listener.addr.port}/publish`);
  const failures: TemporaryFailure[] = [];
  const { policy } = fastPolicy();
  const lost = listener.accept().then(async (connection) => {
    await connection.read(new Uint8Array(65_536));
    connection.close();
    listener.close();
  });
  let stub: Stub | undefined;
  await request(url, post, policy, (failure) => {
    failures.push(failure);
    if (!failure.inDoubt) stub ??= new Stub(undefined, listener.addr.port);
  });
  await lost;
  await using _ = stub!;
  assert.deepEqual([failures[0]?.inDoubt, failures[1]?.inDoubt], [true, false]);
});

Deno.test("request() takes a timeout as in doubt and sends again", async () => {
  await using stub = new Stub(({ n, accept, hang }) => n === 1 ? hang() : accept());
  const { failures, answer } = send(stub.url, fastPolicy({ timeoutMs: 100 }).policy);
  await answer;
  assert.equal(failures[0]?.message, "no answer within 0.1 s");
  assert.equal(failures[0]?.inDoubt, true);
});

Deno.test("request() gives up when its time is over", async () => {
  await using stub = new Stub(() => new Response(null, { status: 503 }));
  const { failures, answer } = send(stub.url, fastPolicy({ retryForMs: 50 }).policy);
  await assert.rejects(answer, (error) => {
    assert.ok(error instanceof RequestError);
    assert.match(error.message, /retried for up to 0.05 s, last failure: 503 Service Unavailable$/);
    return true;
  });
  assert.equal(stub.bodies.length, failures.length + 1);
});

Deno.test("request() gives up at once if Retry-After exceeds the time left", async () => {
  await using stub = new Stub(() =>
    new Response(null, { status: 429, headers: { "retry-after": "6" } })
  );
  const { policy, waits } = fastPolicy();
  await assert.rejects(send(stub.url, policy).answer, /429 Too Many Requests, Retry-After 6 s$/);
  assert.equal(stub.bodies.length, 1);
  assert.deepEqual(waits, []);
});

Deno.test("retryAfterMs() reads seconds and HTTP dates, and nothing else", () => {
  const nowMs = Date.parse("2026-01-01T00:00:00Z");
  assert.equal(retryAfterMs("3", nowMs), 3_000);
  assert.equal(retryAfterMs("Thu, 01 Jan 2026 00:00:07 GMT", nowMs), 7_000);
  assert.equal(retryAfterMs("Wed, 31 Dec 2025 23:59:59 GMT", nowMs), 0);
  for (const value of [null, "", "soon", "1.5", "-1"]) {
    assert.equal(retryAfterMs(value, nowMs), 0, `${value}`);
  }
});

Deno.test("refusal() tells title, detail and the first errors in one line", () => {
  const errors = [0, 1, 2, 3, 4].map((index) => ({ index, path: "topic", message: "is empty" }));
  const text = JSON.stringify({ title: "Invalid events", detail: "5 of 9\nare", errors });
  assert.equal(
    refusal(422, "Unprocessable Entity", text),
    "422 Unprocessable Entity: Invalid events: 5 of 9 are: event 0 topic is empty; " +
      "event 1 topic is empty; event 2 topic is empty; 2 more",
  );
});

Deno.test("refusal() shows any other body, without control characters and cut", () => {
  assert.equal(refusal(400, "Bad Request", ""), "400 Bad Request");
  assert.equal(refusal(400, "", "\x1b[2Jno\r\n"), "400: [2Jno");
  assert.ok(refusal(400, "", "x".repeat(10_000)).length < 400);
});

Deno.test("request() is in doubt when a connection that was kept open ends before the answer", async () => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  let seen = 0;
  const serving = (async () => {
    for await (const connection of listener) serve(connection).catch(() => {});
  })();
  async function serve(connection: Deno.Conn) {
    const buffer = new Uint8Array(4_096);
    const decoder = new TextDecoder();
    let text = "";
    for (let read = await connection.read(buffer); read; read = await connection.read(buffer)) {
      text += decoder.decode(buffer.subarray(0, read));
      if (!/\r\n\r\n[^]*\[\]/.test(text)) continue;
      text = "";
      // The second request is read, perhaps acted upon, and never answered.
      if (++seen === 2) return connection.close();
      await connection.write(
        new TextEncoder().encode("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"),
      );
    }
  }
  const url = new URL(`http://127.0.0.1:${listener.addr.port}/`);
  assert.equal(await send(url).answer, "ok");
  const { failures, answer } = send(url);
  assert.equal(await answer, "ok");
  assert.deepEqual(failures.map(({ inDoubt }) => inDoubt), [true]);
  assert.equal(seen, 3);
  listener.close();
  await serving;
});
