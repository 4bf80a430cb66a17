/**
 * What does `POST /publish` take as its body? Which requests are refused, with which status, and do
 * the bytes of those taken go on as they came?
 */
import assert from "node:assert/strict";
import { type Batch, readBatch } from "../lib/ingest.ts";
import { decodeBatch } from "../lib/ingest/json.ts";
import { event, events } from "./helpers/events.ts";
import { assertRefused, LIMITS, request } from "./helpers/requests.ts";

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** Decodes a body that is given as text, bytes or a value. */
function decode(body: string | Uint8Array | object, maxBatchEvents = LIMITS.maxBatchEvents): Batch {
  if (body instanceof Uint8Array) return decodeBatch(body, { maxBatchEvents });
  const text = typeof body === "string" ? body : JSON.stringify(body);
  return decodeBatch(encoder.encode(text), { maxBatchEvents });
}

/** A body without a length, of so many chunks of 1,000 spaces; tells how far it was read. */
function chunked(chunks: number, first = ""): { body: ReadableStream; read(): number } {
  let read = 0;
  const body = new ReadableStream({
    start: (controller) => controller.enqueue(encoder.encode(first)),
    pull(controller) {
      if (read++ >= chunks) return controller.close();
      controller.enqueue(encoder.encode(" ".repeat(1_000)));
    },
  }, { highWaterMark: 0 });
  return { body, read: () => read };
}

Deno.test("decodeBatch() takes one event and says its id", () => {
  const sent = event();
  const { events, eventId, json } = decode(sent);
  assert.deepEqual([events, eventId], [1, sent.event_id]);
  assert.equal(decoder.decode(json), JSON.stringify(sent));
});

Deno.test("decodeBatch() takes an array of events and counts them", () => {
  const sent = events(5);
  const { events: counted, eventId, json } = decode(sent);
  assert.deepEqual([counted, eventId], [5, undefined]);
  assert.deepEqual(JSON.parse(`[${decoder.decode(json)}]`), sent);
});

Deno.test("decodeBatch() takes an array of one event as an array", () => {
  const { events: counted, eventId } = decode(events(1));
  assert.deepEqual([counted, eventId], [1, undefined]);
});

Deno.test("decodeBatch() takes an empty array, with white space or without", () => {
  for (const body of ["[]", " [ ] ", "\n[\t]\r\n"]) {
    const { events: counted, json } = decode(body);
    assert.equal(counted, 0);
    assert.equal(decoder.decode(json).trim(), "");
  }
});

Deno.test("decodeBatch() passes the bytes between the brackets on as they came", () => {
  const one = JSON.stringify(event({ topic: "a]", payload: { content: "[é😀]" } }))
    .replace('"payload":', '"payload" :\t')
    .replace('"content"', '"n": 1.50e+2, "big": 12345678901234567890.10, "content"')
    .replace('"source"', '\n"s\\u006furce"');
  const inside = ` ${one} ,\n\t${one}\r\n`;
  for (const [before, after] of [["", ""], [" \n", "\t\r\n "]]) {
    const { events: counted, json } = decode(`${before}[${inside}]${after}`);
    assert.equal(counted, 2);
    assert.equal(decoder.decode(json), inside);
  }
  assert.equal(decoder.decode(decode(` ${one}\n`).json), ` ${one}\n`);
});

Deno.test("decodeBatch() refuses with 400 what is not JSON", async () => {
  const good = JSON.stringify(event());
  const bodies = [
    "",
    " ",
    "{",
    `${good}${good}`,
    `[${good},]`,
    `[${good}`,
    "'x'",
    "NaN",
    `\0${good}`,
  ];
  for (const body of bodies) await assertRefused(400, () => decode(body));
});

Deno.test("decodeBatch() refuses with 400 what is not UTF-8, or starts with a byte order mark", async () => {
  const good = encoder.encode(JSON.stringify(event({ source: "?" })));
  const at = good.indexOf("?".charCodeAt(0));
  const cases = {
    "a byte that never occurs": [0xff],
    "a sequence cut off": [0xc3],
    "a NUL in two bytes": [0xc0, 0x80],
    "a surrogate in three bytes": [0xed, 0xa0, 0x80],
    "Latin-1": [0xe9],
  };
  for (const [name, bytes] of Object.entries(cases)) {
    const body = new Uint8Array([...good.subarray(0, at), ...bytes, ...good.subarray(at + 1)]);
    const { detail } = await assertRefused(400, () => decode(body));
    assert.match(detail!, /UTF-8/, name);
  }
  await assertRefused(400, () => decode(new Uint8Array([0xef, 0xbb, 0xbf, ...good])));
  // UTF-16, as some shells write files.
  await assertRefused(400, () => decode(new Uint8Array([0xff, 0xfe, 0x5b, 0, 0x5d, 0])));
});

Deno.test("decodeBatch() refuses with 422 JSON that is no event, with the place of each error", async () => {
  for (const body of ["null", "1", '"text"', "true", "{}", "[null]", "[[]]"]) {
    const { extra } = await assertRefused(422, () => decode(body));
    assert.equal(extra.errors![0]!.index, 0, body);
  }
  const { extra } = await assertRefused(422, () => decode([event(), event({ topic: "" })]));
  assert.deepEqual(extra.errors!.map(({ index, path }) => [index, path]), [[1, "topic"]]);
});

Deno.test("decodeBatch() takes as many events as may come at once and refuses one more with 413", async () => {
  assert.equal(decode(events(3), 3).events, 3);
  const { detail } = await assertRefused(413, () => decode(events(4), 3));
  assert.match(detail!, /At most 3/);
  await assertRefused(413, () => decode([{}, {}, {}, {}], 3));
});

Deno.test("readBatch() takes application/json, with a charset and as a +json type", async () => {
  for (
    const type of [
      "application/json",
      "application/json; charset=utf-8",
      "application/json;charset=UTF-8",
      "Application/JSON",
      "application/vnd.sekali.event+json",
      "application/ld+json; profile=x",
    ]
  ) {
    const batch = await readBatch(
      request(JSON.stringify(events(2)), { "content-type": type }),
      LIMITS,
    );
    assert.equal(batch.events, 2, type);
  }
});

Deno.test("readBatch() refuses any other type with 415 and says what it takes", async () => {
  const types = [
    "text/plain;charset=UTF-8",
    "text/json",
    "application/jsonp",
    "application/x-www-form-urlencoded",
    "multipart/form-data; boundary=application/json",
    "application/",
    "text/html, application/json",
    "application/cloudevents+xml",
    "application/cloudevents-batch+avro",
  ];
  for (const type of types) {
    const sent = request(JSON.stringify(event()), { "content-type": type });
    const { extra } = await assertRefused(415, () => readBatch(sent, LIMITS));
    assert.match(extra.headers!["accept"]!, /application\/json/, type);
  }
  const untyped = new Request("http://localhost/publish", {
    method: "POST",
    body: encoder.encode(JSON.stringify(event())),
  });
  await assertRefused(415, () => readBatch(untyped, LIMITS));
});

Deno.test("readBatch() takes a body of exactly the bound and refuses one byte more with 413", async () => {
  const one = JSON.stringify(event());
  const exact = one + " ".repeat(LIMITS.maxBodyBytes - one.length);
  for (const sized of [true, false]) {
    const sent = (body: string) =>
      request(body, sized ? { "content-length": String(body.length) } : {});
    assert.equal((await readBatch(sent(exact), LIMITS)).events, 1);
    await assertRefused(413, () => readBatch(sent(exact + " "), LIMITS));
  }
});

Deno.test("readBatch() refuses a declared length over the bound without reading the body", async () => {
  const { body, read } = chunked(Infinity);
  const sent = request(body, { "content-length": String(LIMITS.maxBodyBytes + 1) });
  await assertRefused(413, () => readBatch(sent, LIMITS));
  assert.ok(read() <= 1);
});

Deno.test("readBatch() reads a body that comes in chunks without a length", async () => {
  const { body } = chunked(3, JSON.stringify(event()));
  assert.equal((await readBatch(request(body), LIMITS)).events, 1);
});

Deno.test("readBatch() stops reading a body without end at the bound", async () => {
  const { body, read } = chunked(Infinity);
  await assertRefused(413, () => readBatch(request(body), LIMITS));
  assert.ok(read() < 20, `${read()} chunks of 1,000 bytes read`);
});

Deno.test("readBatch() joins a text that is cut within a character", async () => {
  const sent = event({ payload: { content: "é😀" } });
  const bytes = encoder.encode(JSON.stringify(sent));
  const body = new ReadableStream({
    start(controller) {
      for (const byte of bytes) controller.enqueue(new Uint8Array([byte]));
      controller.close();
    },
  });
  const { json } = await readBatch(request(body), LIMITS);
  assert.deepEqual(JSON.parse(decoder.decode(json)), sent);
});

Deno.test("a refused request answers problem+json with the status, the title and the errors", async () => {
  const problem = await assertRefused(422, () => decode([event({ source: "" })]));
  const response = problem.toResponse("r-1");
  assert.equal(response.status, 422);
  assert.equal(response.headers.get("content-type"), "application/problem+json");
  const { type, title, status, detail, errors, request_id } = await response.json();
  assert.deepEqual([type, title, status, request_id], [
    "/docs#problem-invalid-event",
    problem.title,
    422,
    "r-1",
  ]);
  assert.equal(typeof detail, "string");
  assert.deepEqual(errors.map((error: object) => Object.keys(error)), [[
    "index",
    "path",
    "message",
  ]]);
});
