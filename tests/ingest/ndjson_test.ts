/**
 * Is NDJSON read line by line, wherever its bytes are cut, within bounds?
 */
import assert from "node:assert/strict";
import fc from "fast-check";
import { ProblemError } from "../../lib/errors.ts";
import { readBatch } from "../../lib/ingest.ts";
import { decodeLines } from "../../lib/ingest/ndjson.ts";
import { MAX_LINE_BYTES } from "../../lib/ingest/limits.ts";
import { event, events } from "../helpers/events.ts";
import { assertRefused, LIMITS, pieces, request } from "../helpers/requests.ts";

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** Lines of a body, joined by line feeds. */
const lines = (...of: readonly unknown[]) =>
  of.map((line) => typeof line === "string" ? line : JSON.stringify(line)).join("\n");

/** Decodes a body that comes whole. */
const decode = (text: string, options: { partial?: boolean; withKeys?: boolean } = {}) =>
  decodeLines(pieces(encoder.encode(text), []), { ...LIMITS, ...options });

/** The events of a batch. */
const eventsOf = ({ json }: { json: Uint8Array }) => JSON.parse(`[${decoder.decode(json)}]`);

Deno.test("decodeLines() takes an event a line, the last one ended or not", async () => {
  const sent = events(3);
  for (const end of ["", "\n", "\r\n"]) {
    const batch = await decode(lines(...sent) + end);
    assert.deepEqual([batch.events, batch.eventId], [3, undefined]);
    assert.deepEqual(eventsOf(batch), sent);
  }
});

Deno.test("decodeLines() skips blank lines, and takes a body without events", async () => {
  const [one, two] = events(2);
  assert.deepEqual(eventsOf(await decode(lines("", one, " \t", "\r", two, "", ""))), [one, two]);
  for (const body of ["", "\n", " \r\n\n"]) assert.equal((await decode(body)).events, 0);
});

Deno.test("decodeLines() names the line of each invalid event, blank lines counted", async () => {
  const body = lines("", event({ topic: "" }), event(), [event()], "null");
  const { extra } = await assertRefused(422, () => decode(body));
  assert.deepEqual(extra.errors!.map(({ index, path }) => [index, path]), [
    [1, "topic"],
    [3, ""],
    [4, ""],
  ]);
});

Deno.test("decodeLines() refuses with 400 a line that is not JSON or not UTF-8, and names it", async () => {
  const broken = {
    "{": /Line 1: /,
    [`${JSON.stringify(event())} {}`]: /Line 1: /,
    "'": /Line 1: /,
  };
  for (const [line, message] of Object.entries(broken)) {
    const { title, detail, extra } = await assertRefused(
      400,
      () => decode(lines(event(), line, event())),
    );
    assert.equal(title, "Malformed JSON");
    assert.match(detail!, message);
    assert.equal(extra.errors![0]!.index, 1);
  }
  const bytes = new Uint8Array([...encoder.encode("\n"), 0xc3, 0x0a]);
  const { extra } = await assertRefused(400, () => decodeLines(pieces(bytes, []), LIMITS));
  assert.deepEqual(extra.errors!.map(({ index }) => index), [1]);
});

Deno.test("decodeLines() takes as many events as may come at once, and stops at one more with 413", async () => {
  assert.equal((await decode(lines(...events(5)))).events, 5);
  let read = 0;
  const endless = async function* () {
    for (; read < 1_000; read++) yield encoder.encode(`${JSON.stringify(event())}\n`);
  };
  await assertRefused(413, () => decodeLines(endless(), LIMITS));
  assert.equal(read, 5);
});

Deno.test("decodeLines() takes a line of exactly the bound, and stops at a longer one with 413", async () => {
  const options = { maxBatchEvents: 5 };
  const one = JSON.stringify(event());
  const exact = encoder.encode(one + " ".repeat(MAX_LINE_BYTES - one.length));
  const twice = new Uint8Array([...exact, 0x0a, ...exact]);
  assert.equal((await decodeLines(pieces(twice, [17]), options)).events, 2);
  let read = 0;
  const blank = encoder.encode(" ".repeat(1_000_000));
  const endless = async function* () {
    yield encoder.encode("\n");
    for (; read < 100; read++) yield blank;
  };
  const { title, extra } = await assertRefused(413, () => decodeLines(endless(), options));
  assert.equal(title, "Line too long");
  assert.equal(extra.errors![0]!.index, 1);
  assert.ok(read <= MAX_LINE_BYTES / 1_000_000 + 1);
});

Deno.test("decodeLines() with partial takes the good lines and names each bad one with its first error", async () => {
  const good = events(2);
  const body = lines(good[0], "{", "", event({ topic: "", source: "" }), good[1]);
  const batch = await decode(body, { partial: true, withKeys: true });
  assert.deepEqual(eventsOf(batch), good);
  assert.deepEqual(batch.rejected!.map(({ index, path }) => [index, path]), [[1, ""], [
    3,
    "topic",
  ]]);
  assert.deepEqual(batch.keys, [
    { index: 0, event_id: good[0]!.event_id, topic: good[0]!.topic },
    { index: 4, event_id: good[1]!.event_id, topic: good[1]!.topic },
  ]);
});

Deno.test("any cut of the bytes gives what the whole body gives", async () => {
  const line = fc.oneof(
    fc.string({ unit: "binary" }).map((content) => JSON.stringify(event({ payload: { content } }))),
    fc.constantFrom("", " ", "\r", "{", "[]", '{"a":"é😀"}', '"\\ud800"'),
  );
  const body = fc.array(line, { maxLength: 6 }).map((all) => encoder.encode(all.join("\n")));
  const broken = fc.tuple(body, fc.nat(), fc.nat(255)).map(([bytes, at, byte]) =>
    bytes.length === 0 ? bytes : bytes.with(at % bytes.length, byte)
  );
  const cuts = fc.array(fc.nat(), { maxLength: 20 });
  const outcome = async (bytes: Uint8Array, at: number[], partial: boolean) => {
    try {
      const { json, rejected } = await decodeLines(pieces(bytes, at), { ...LIMITS, partial });
      return [decoder.decode(json), rejected];
    } catch (error) {
      assert.ok(error instanceof ProblemError);
      return [error.status, error.message, error.extra.errors];
    }
  };
  await fc.assert(
    fc.asyncProperty(
      fc.oneof(body, broken),
      cuts,
      fc.boolean(),
      async (bytes, places, partial) => {
        const at = places.map((place) => place % (bytes.length + 1));
        assert.deepEqual(await outcome(bytes, at, partial), await outcome(bytes, [], partial));
      },
    ),
    { numRuns: 40 },
  );
});

Deno.test("readBatch() takes NDJSON by each of its names, bounded as any body", async () => {
  for (
    const type of ["application/x-ndjson", "application/ndjson; charset=utf-8", "application/jsonl"]
  ) {
    const sent = request(lines(...events(2)), { "content-type": type });
    assert.equal((await readBatch(sent, LIMITS)).events, 2, type);
  }
  const large = pieces(encoder.encode("\n".repeat(LIMITS.maxBodyBytes + 1)), [5_000]);
  const sent = request(large, { "content-type": "application/x-ndjson" });
  const { title } = await assertRefused(413, () => readBatch(sent, LIMITS));
  assert.equal(title, "Body too large");
});
