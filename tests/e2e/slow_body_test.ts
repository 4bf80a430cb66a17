/**
 * A body that stops, or drips, is given up, and nothing of it is stored.
 */
import assert from "node:assert/strict";
import { BODY_BYTES_PER_SECOND, SMALL_BODY_BYTES } from "../../lib/ingest/limits.ts";
import { usePostgres } from "../helpers/database.ts";
import { events } from "../helpers/events.ts";
import { connectTo, exchange, readAnswer, writeAll } from "../helpers/http.ts";
import { useService, useSharedService } from "../helpers/service_tests.ts";

const postgres = usePostgres();
/** Gives a body up soon. */
const test = useSharedService({ BODY_TIMEOUT_MS: "300" }, postgres);
const testPatient = useService(postgres);

const head = (...lines: string[]) =>
  ["POST /publish HTTP/1.1", "Host: localhost", "Content-Type: application/json", ...lines, "", ""]
    .join("\r\n");
const [event] = events(1);
const json = JSON.stringify(event);

for (
  const [what, text] of [
    ["a small body that stops", head(`Content-Length: ${json.length}`) + json.slice(0, -1)],
    ["a body that never begins", head("Content-Length: 10")],
    [
      "a large body that stops",
      head(`Content-Length: ${SMALL_BODY_BYTES * 2}`) + json.padEnd(SMALL_BODY_BYTES + 1),
    ],
    [
      "a body without a length that stops",
      `${head("Transfer-Encoding: chunked")}${json.length.toString(16)}\r\n${json}\r\n`,
    ],
    ["a compressed body that stops", `${head("Content-Length: 90", "Content-Encoding: gzip")}\x1f`],
    [
      "NDJSON whose last line stops",
      head("Content-Length: 9999").replace("json", "x-ndjson") + `${json}\n{`,
    ],
  ] as const
) {
  test(
    `${what} is answered 408, its connection to be closed, and nothing of it stored`,
    async (service) => {
      const { status, headers, body } = await exchange(service.url, text);
      assert.equal(status, 408, body);
      assert.match(headers.get("connection")!, /^close/);
      assert.equal(JSON.parse(body).type, "/docs#problem-body-timeout");
      assert.equal((await service.get("/stats")).received, 0);
    },
  );
}

test("a body that drips is answered 408 however steadily it comes", async (service) => {
  using connection = await connectTo(service.url);
  const total = BODY_BYTES_PER_SECOND * 60;
  await writeAll(connection, new TextEncoder().encode(head(`Content-Length: ${total}`)));
  let open = true;
  const answered = readAnswer(connection).finally(() => open = false);
  while (open) {
    await writeAll(connection, new Uint8Array(10).fill(0x20));
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  assert.equal((await answered).status, 408);
});

test("a form that stops is answered 408", async (service) => {
  const text = head("Content-Length: 10").replace("/publish", "/dashboard/publish")
    .replace("application/json", "application/x-www-form-urlencoded");
  assert.equal((await exchange(service.url, text)).status, 408);
});

testPatient(
  "a body that takes longer than the timeout, but keeps coming, is taken",
  async (service) => {
    const bytes = new TextEncoder().encode(JSON.stringify(events(1)));
    const parts = Array.from(bytes, (byte) => new Uint8Array([byte])).slice(0, -1);
    const body = new ReadableStream({
      async pull(controller) {
        const part = parts.shift();
        if (part === undefined) return;
        controller.enqueue(part);
        await new Promise((resolve) => setTimeout(resolve, 5));
        if (parts.length > 0) return;
        controller.enqueue(bytes.subarray(-1));
        controller.close();
      },
    });
    const headers = { "content-type": "application/json" };
    const response = await fetch(`${service.url}/publish`, { method: "POST", headers, body });
    await response.body?.cancel();
    assert.equal(response.status, 202);
  },
  { BODY_TIMEOUT_MS: "5000" },
);
