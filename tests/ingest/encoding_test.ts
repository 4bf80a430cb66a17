/**
 * Are compressed bodies inflated, within the bound of a body, and refused where they are broken?
 */
import assert from "node:assert/strict";
import { readBatch } from "../../lib/ingest.ts";
import { event, events } from "../helpers/events.ts";
import { assertRefused, compress, LIMITS, pieces, request } from "../helpers/requests.ts";

const encoder = new TextEncoder();
const FORMATS = { gzip: "gzip", "x-gzip": "gzip", deflate: "deflate", " GZIP ": "gzip" } as const;

/** A request whose body is compressed. */
const compressed = async (
  text: string,
  encoding: keyof typeof FORMATS,
  type = "application/json",
) =>
  request(await compress(encoder.encode(text), FORMATS[encoding]), {
    "content-encoding": encoding,
    "content-type": type,
  });

Deno.test("readBatch() inflates gzip and deflate, of JSON and of NDJSON", async () => {
  const [one, two] = events(2, { payload: { content: "é😀".repeat(100) } });
  for (const encoding of Object.keys(FORMATS) as (keyof typeof FORMATS)[]) {
    const array = await compressed(JSON.stringify([one, two]), encoding);
    assert.equal((await readBatch(array, LIMITS)).events, 2, encoding);
    const text = `${JSON.stringify(one)}\n${JSON.stringify(two)}\n`;
    const lines = await compressed(text, encoding, "application/x-ndjson");
    assert.equal((await readBatch(lines, LIMITS)).events, 2, encoding);
  }
});

Deno.test("readBatch() inflates a body cut anywhere", async () => {
  const sent = event();
  const bytes = await compress(encoder.encode(JSON.stringify(sent)), "gzip");
  const body = pieces(bytes, bytes.keys());
  const { eventId } = await readBatch(request(body, { "content-encoding": "gzip" }), LIMITS);
  assert.equal(eventId, sent.event_id);
});

Deno.test("readBatch() takes identity for no encoding", async () => {
  const sent = request(JSON.stringify(event()), { "content-encoding": "identity" });
  assert.equal((await readBatch(sent, LIMITS)).events, 1);
});

Deno.test("readBatch() takes what is exactly the bound once inflated, and refuses one byte more with 413", async () => {
  const one = JSON.stringify(event());
  const exact = one + " ".repeat(LIMITS.maxBodyBytes - one.length);
  assert.equal((await readBatch(await compressed(exact, "gzip"), LIMITS)).events, 1);
  const over = await compressed(exact + " ", "gzip");
  const { title } = await assertRefused(413, () => readBatch(over, LIMITS));
  assert.equal(title, "Body too large");
});

Deno.test("readBatch() stops inflating soon after the bound", async () => {
  const bomb = await compress(new Uint8Array(64 * 1024 * 1024), "gzip");
  let read = 0;
  const counted = async function* () {
    for (let at = 0; at < bomb.length; at += 1_024) {
      read += 1_024;
      yield bomb.subarray(at, at + 1_024);
    }
  };
  const sent = request(ReadableStream.from(counted()), { "content-encoding": "gzip" });
  await assertRefused(413, () => readBatch(sent, LIMITS));
  assert.ok(read < bomb.length / 4, `${read} of ${bomb.length} bytes were read`);
});

Deno.test("readBatch() does not inflate at once what comes at once", async () => {
  const bomb = await compress(new Uint8Array(160 * 1024 * 1024), "gzip");
  const before = Deno.memoryUsage().rss;
  const sent = request(bomb, { "content-encoding": "gzip" });
  await assertRefused(413, () => readBatch(sent, LIMITS));
  assert.ok(Deno.memoryUsage().rss - before < 100 * 1024 * 1024);
});

Deno.test("readBatch() refuses with 400 what is not of its encoding, cut off or changed", async () => {
  const whole = await compress(encoder.encode(JSON.stringify(events(3))), "gzip");
  const bodies = {
    "no gzip at all": encoder.encode(JSON.stringify(event())),
    "nothing": new Uint8Array(),
    "cut off": whole.subarray(0, whole.length - 9),
    "without its checksum": whole.subarray(0, whole.length - 8),
    "changed": whole.with(30, whole[30]! ^ 0xff),
    "with more behind it": new Uint8Array([...whole, 1, 2, 3]),
  };
  for (const [name, body] of Object.entries(bodies)) {
    const sent = request(body, { "content-encoding": "gzip" });
    const { title } = await assertRefused(400, () => readBatch(sent, LIMITS));
    assert.equal(title, "Corrupt encoding", name);
  }
});

Deno.test("readBatch() refuses any other encoding with 415 and says which it takes", async () => {
  for (const encoding of ["br", "zstd", "compress", "gzip, gzip", "gzip,deflate", "x"]) {
    const sent = request(JSON.stringify(event()), { "content-encoding": encoding });
    const { title, extra } = await assertRefused(415, () => readBatch(sent, LIMITS));
    assert.equal(title, "Unsupported encoding");
    assert.equal(extra.headers!["accept-encoding"], "gzip, deflate");
  }
});
