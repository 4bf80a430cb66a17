/**
 * With `partial`, is what is good taken and what is bad named, each by its place?
 */
import assert from "node:assert/strict";
import fc from "fast-check";
import { decodeBatch } from "../../lib/ingest/json.ts";
import { MAX_FIELD_ERRORS } from "../../lib/limits.ts";
import { event, events } from "../helpers/events.ts";
import { assertRefused } from "../helpers/requests.ts";

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** Decodes JSON that is given as text or a value. */
function decode(body: unknown, partial = true) {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  return decodeBatch(encoder.encode(text), { maxBatchEvents: 1_000, partial, withKeys: true });
}

const eventsOf = ({ json }: { json: Uint8Array }) => JSON.parse(`[${decoder.decode(json)}]`);

Deno.test("decodeBatch() with partial takes the good events and names each bad one with its first error", async () => {
  const [one, two] = events(2);
  const batch = decode([one, event({ topic: "", source: "" }), null, two, [event()]]);
  assert.equal(batch.events, 2);
  assert.deepEqual(eventsOf(batch), [one, two]);
  assert.deepEqual(batch.rejected!.map(({ index, path }) => [index, path]), [
    [1, "topic"],
    [2, ""],
    [4, ""],
  ]);
  assert.deepEqual(batch.keys!.map(({ index, event_id }) => [index, event_id]), [
    [0, one!.event_id],
    [3, two!.event_id],
  ]);
  await assertRefused(422, () => decode([one, null], false));
});

Deno.test("decodeBatch() with partial passes good events on as they were written", () => {
  const one = JSON.stringify(event()).replace('"payload":{', '"payload" : {"n": 1.50, "a":[1,{}],');
  assert.equal(decoder.decode(decode(`[ 1 , ${one}, "a,]" ]`).json), one);
});

Deno.test("decodeBatch() with partial names every bad event, however many there are", () => {
  const bad = Array.from({ length: 3 * MAX_FIELD_ERRORS }, () => event({ topic: "" }));
  const { rejected } = decode([...bad, event()]);
  assert.deepEqual(rejected!.map(({ index }) => index), [...bad.keys()]);
});

Deno.test("decodeBatch() with partial names the event of which a hidden member holds bad text", () => {
  const good = event();
  const hidden = JSON.stringify(event()).replace('"content"', '"content":"\\u0000","content"');
  const { rejected, events: taken } = decode(`[${JSON.stringify(good)},${hidden}]`);
  assert.equal(taken, 1);
  assert.deepEqual(rejected!.map(({ index }) => index), [1]);
});

Deno.test("decodeBatch() with partial refuses with 422 where all are bad, and takes where there is nothing", async () => {
  const { extra } = await assertRefused(422, () => decode([null, {}]));
  assert.deepEqual(extra.errors!.map(({ index }) => index), [0, 1]);
  await assertRefused(422, () => decode(event({ topic: "" })));
  const { events: taken, rejected } = decode([]);
  assert.deepEqual([taken, rejected], [0, []]);
});

Deno.test("each event is either taken or named, whatever stands between the brackets", () => {
  const good = fc.string({ unit: "binary" }).map((content) => event({ payload: { content } }));
  fc.assert(fc.property(fc.array(fc.oneof(good, fc.jsonValue()), { minLength: 1 }), (sent) => {
    const known = new Set<unknown>(
      sent.filter((one) =>
        (one as { topic?: unknown } | null)?.topic === "app.log" &&
        !/\\u(?:0000|d[89a-f])/i.test(JSON.stringify(one))
      ),
    );
    if (known.size === 0) return;
    const batch = decode(sent);
    assert.deepEqual(eventsOf(batch), sent.filter((one) => known.has(one)));
    assert.deepEqual(
      batch.rejected!.map(({ index }) => index),
      [...sent.keys()].filter((index) => !known.has(sent[index])),
    );
  }));
});
