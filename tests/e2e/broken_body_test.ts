/**
 * A client that ends its connection in the middle of a body leaves nothing behind, and the service goes
 * on.
 */
import assert from "node:assert/strict";
import { SMALL_BODY_BYTES } from "../../lib/ingest/limits.ts";
import { problemType } from "../../lib/problems.ts";
import { events } from "../helpers/events.ts";
import { connectTo, readAnswer, writeAll } from "../helpers/http.ts";
import { useEmptiedService } from "../helpers/service_tests.ts";

const test = useEmptiedService();

const json = JSON.stringify(events(1)[0]);
const twice = `Content-Length: ${2 * json.length}`;

function head(type: string, length: string, path = "/publish"): string {
  const lines = [
    `POST ${path} HTTP/1.1`,
    "Host: localhost",
    `Content-Type: application/${type}`,
    length,
  ];
  return `${lines.join("\r\n")}\r\n\r\n`;
}

const BROKEN: Readonly<Record<string, string>> = {
  "a small body": head("json", `Content-Length: ${json.length}`) + json.slice(0, -1),
  "a large body": head("json", `Content-Length: ${SMALL_BODY_BYTES * 2}`) +
    json.padEnd(SMALL_BODY_BYTES + 1),
  "a body without a length": head("json", "Transfer-Encoding: chunked") +
    `${json.length.toString(16)}\r\n${json}\r\n`,
  "NDJSON after a whole line": `${head("x-ndjson", twice)}${json}\n`,
  "NDJSON taken in part": `${head("x-ndjson", twice, "/publish?partial=true")}${json}\n`,
};

test("a body that breaks off is answered 400 and nothing of it is stored", async (service) => {
  for (const [what, text] of Object.entries(BROKEN)) {
    using connection = await connectTo(service.url);
    await writeAll(connection, new TextEncoder().encode(text));
    await connection.closeWrite();
    const { status, body } = await readAnswer(connection);
    assert.deepEqual([status, JSON.parse(body).type], [400, problemType("incomplete-body")], what);
  }
  assert.equal((await service.settled()).received, 0);
});

test("clients that are gone in the middle of a body leave nothing, and the next is served", async (service) => {
  for (let n = 0; n < 20; n++) {
    for (const text of Object.values(BROKEN)) {
      using connection = await connectTo(service.url);
      await writeAll(connection, new TextEncoder().encode(text));
    }
  }
  const response = await service.publish(events(1));
  await response.body?.cancel();
  assert.equal(response.status, 202);
  assert.equal((await service.settled()).received, 1);
});
