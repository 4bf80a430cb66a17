/**
 * Do CloudEvents become events of ours with nothing lost, in each of their modes?
 */
import assert from "node:assert/strict";
import { readBatch } from "../../lib/ingest.ts";
import { judgeCloudEvent } from "../../lib/ingest/cloudevents.ts";
import { assertRefused, compress, LIMITS, request } from "../helpers/requests.ts";

const encoder = new TextEncoder();
const decoder = new TextDecoder();
const ARRIVED_AT = new Date("2026-11-23T08:00:00.123Z");

/** The JSON form of a CloudEvent. */
const cloudEvent = (attributes: Record<string, unknown> = {}) => ({
  specversion: "1.0",
  id: "1",
  type: "app.log",
  source: "/test",
  time: "2026-11-22T09:30:00Z",
  ...attributes,
});

/** What becomes of a CloudEvent that is good. */
function mapped(attributes: Record<string, unknown>) {
  const { errors, value, text } = judgeCloudEvent(cloudEvent(attributes), ARRIVED_AT);
  assert.deepEqual(errors, []);
  assert.deepEqual(JSON.parse(text), value);
  return JSON.parse(text);
}

/** Where one that is bad is wrong. */
const placesOf = (value: unknown) =>
  judgeCloudEvent(value, ARRIVED_AT).errors.map(({ path }) => path);

const structured = (body: BodyInit, more: Record<string, string> = {}) =>
  request(body, { "content-type": "application/cloudevents+json; charset=utf-8", ...more });

const batched = (values: unknown) =>
  request(JSON.stringify(values), { "content-type": "application/cloudevents-batch+json" });

/** A binary request; a type of `null` sends none. */
function binary(
  body: Uint8Array<ArrayBuffer>,
  type: string | null,
  more: Record<string, string> = {},
) {
  const { specversion, id, type: topic, source, time } = cloudEvent();
  return new Request("http://localhost/publish", {
    method: "POST",
    headers: {
      "ce-specversion": specversion,
      "ce-id": id,
      "ce-type": topic,
      "ce-source": source,
      "ce-time": time,
      ...(type === null ? {} : { "content-type": type }),
      ...more,
    },
    body,
  });
}

/** The one event of a request. */
const read = async (sent: Request) =>
  JSON.parse(decoder.decode((await readBatch(sent, LIMITS)).json));

Deno.test("a CloudEvent's id, type, source and time are the event's", () => {
  assert.deepEqual(mapped({ data: "Hello" }), {
    topic: "app.log",
    event_id: "1",
    timestamp: "2026-11-22T09:30:00Z",
    source: "/test",
    payload: { content: "Hello" },
  });
  assert.equal(mapped({ time: undefined }).timestamp, ARRIVED_AT.toISOString());
  assert.equal(mapped({ time: null }).timestamp, ARRIVED_AT.toISOString());
});

Deno.test("a CloudEvent's data is the payload, or stands in it", () => {
  const payloads: [data: unknown, payload: unknown][] = [
    [undefined, { content: "" }],
    ["a text", { content: "a text" }],
    ["", { content: "" }],
    [{ content: "c", n: 1, metadata: { a: 1 } }, { content: "c", n: 1, metadata: { a: 1 } }],
    [{ content: "c", metadata: null }, { content: "c", metadata: null }],
    [{ a: [1] }, { content: '{"a":[1]}', data: { a: [1] } }],
    [{ content: 1 }, { content: '{"content":1}', data: { content: 1 } }],
    [{ content: "c", metadata: 1 }, {
      content: '{"content":"c","metadata":1}',
      data: { content: "c", metadata: 1 },
    }],
    [[1, 2], { content: "[1,2]", data: [1, 2] }],
    [0, { content: "0", data: 0 }],
    [false, { content: "false", data: false }],
    [null, { content: "null", data: null }],
  ];
  for (const [data, payload] of payloads) assert.deepEqual(mapped({ data }).payload, payload);
  assert.deepEqual(mapped({ data_base64: "AP8=" }).payload, { content: "", data_base64: "AP8=" });
});

Deno.test("a CloudEvent's other attributes stand in payload.metadata, and overwrite nothing there", () => {
  const attributes = {
    subject: "s",
    datacontenttype: "application/json",
    dataschema: "urn:x",
    traceparent: "00-1",
    flag: true,
    count: 7,
  };
  assert.deepEqual(mapped({ ...attributes, data: "x" }).payload, {
    content: "x",
    metadata: attributes,
  });
  const data = { content: "c", metadata: { own: 1 } };
  assert.deepEqual(mapped({ subject: "s", data }).payload, {
    content: "c",
    metadata: { own: 1, subject: "s" },
  });
  const same = { content: "c", metadata: { subject: "mine" } };
  assert.deepEqual(mapped({ subject: "s", data: same }).payload, {
    content: JSON.stringify(same),
    data: same,
    metadata: { subject: "s" },
  });
  assert.deepEqual(mapped({ subject: null, data: "x" }).payload, { content: "x" });
});

Deno.test("errors of a CloudEvent have the place that its publisher knows", () => {
  const cases: [value: unknown, places: string[]][] = [
    [{}, ["specversion", "id", "type", "source"]],
    [cloudEvent({ specversion: "0.3" }), ["specversion"]],
    [cloudEvent({ id: "" }), ["id"]],
    [cloudEvent({ id: 1 }), ["id"]],
    [cloudEvent({ type: "x".repeat(256) }), ["type"]],
    [cloudEvent({ source: null }), ["source"]],
    [cloudEvent({ time: "2026-11-22" }), ["time"]],
    [cloudEvent({ data_base64: "?" }), ["data_base64"]],
    [cloudEvent({ data: 1, data_base64: "AP8=" }), [""]],
    [cloudEvent({ subject: "" }), ["subject"]],
    [cloudEvent({ myExt: "x" }), ["myExt"]],
    [cloudEvent({ ext: { a: 1 } }), ["ext"]],
    [cloudEvent({ ext: 1.5 }), ["ext"]],
    [JSON.parse(JSON.stringify(cloudEvent()).replace("{", '{"__proto__":"x",')), ["__proto__"]],
    [cloudEvent({ id: "\0" }), ["id"]],
    [cloudEvent({ type: "\ud800" }), ["type"]],
    [cloudEvent({ subject: "\0" }), ["subject"]],
    [cloudEvent({ data: "\0" }), ["data"]],
    [cloudEvent({ data: { a: "\0" } }), ["data.a"]],
    [cloudEvent({ data: { content: "", a: "\0" } }), ["data.a"]],
    [null, [""]],
    [[cloudEvent()], [""]],
    ["x", [""]],
  ];
  for (const [value, places] of cases) {
    assert.deepEqual(placesOf(value), places, JSON.stringify(value));
  }
});

Deno.test("a CloudEvent that nests too deep is refused with 422, never an error of ours", async () => {
  for (const depth of [101, 5_000, 100_000]) {
    const data = `${"[".repeat(depth)}${"]".repeat(depth)}`;
    const body = JSON.stringify(cloudEvent()).replace("{", `{"data":${data},`);
    await assertRefused(422, () => readBatch(structured(body), { ...LIMITS, maxBodyBytes: 1e6 }));
  }
  const body = `${"[".repeat(100_000)}${"]".repeat(100_000)}`;
  const sent = request(body, { "content-type": "application/cloudevents-batch+json" });
  await assertRefused(422, () => readBatch(sent, { ...LIMITS, maxBodyBytes: 1e6 }));
});

Deno.test("structured mode takes one CloudEvent, compressed or not, numbers as they were written", async () => {
  const text = JSON.stringify(cloudEvent()).replace(
    "{",
    '{"data":{"n":[1.50,12345678901234567890]},',
  );
  const { json, eventId } = await readBatch(structured(text), LIMITS);
  assert.equal(eventId, "1");
  assert.match(decoder.decode(json), /"data":\{"n":\[1\.50,12345678901234567890\]\}/);
  const small = await compress(encoder.encode(text), "gzip");
  const { eventId: same } = await readBatch(
    structured(small, { "content-encoding": "gzip" }),
    LIMITS,
  );
  assert.equal(same, "1");
  await assertRefused(422, () => readBatch(structured(text.replace("1.50", "1e400")), LIMITS));
  await assertRefused(400, () => readBatch(structured("{"), LIMITS));
});

Deno.test("batch mode takes an array of CloudEvents, all or with partial the good ones", async () => {
  const sent = [cloudEvent({ id: "1" }), cloudEvent({ id: "" }), cloudEvent({ id: "3" })];
  const { extra } = await assertRefused(422, () => readBatch(batched(sent), LIMITS));
  assert.deepEqual(extra.errors!.map(({ index, path }) => [index, path]), [[1, "id"]]);
  const options = { ...LIMITS, partial: true, withKeys: true };
  const { keys, rejected } = await readBatch(batched(sent), options);
  assert.deepEqual(keys!.map(({ index, event_id }) => [index, event_id]), [[0, "1"], [2, "3"]]);
  assert.deepEqual(rejected!.map(({ index }) => index), [1]);
  assert.equal((await readBatch(batched([]), LIMITS)).events, 0);
  await assertRefused(422, () => readBatch(batched(cloudEvent()), LIMITS));
  await assertRefused(413, () => readBatch(batched(Array(6).fill(cloudEvent())), LIMITS));
});

Deno.test("binary mode takes the data by its type, and headers percent-encoded", async () => {
  const json = await read(binary(encoder.encode('{"content":"c"}'), "application/json"));
  assert.deepEqual(json.payload, {
    content: "c",
    metadata: { datacontenttype: "application/json" },
  });
  const vendor = await read(binary(encoder.encode("[1.50]"), "application/x+json;v=1"));
  assert.equal(vendor.payload.content, "[1.50]");
  const text = await read(binary(encoder.encode("é"), "text/plain"));
  assert.equal(text.payload.content, "é");
  const bytes = await read(binary(new Uint8Array([0, 0xff]), "image/png"));
  assert.equal(bytes.payload.data_base64, "AP8=");
  assert.deepEqual((await read(binary(new Uint8Array(), null))).payload, { content: "" });
  assert.deepEqual((await read(binary(encoder.encode("x"), null))).payload, { content: "x" });

  const headers = { "ce-id": "Caf%C3%A9%20%E2%98%95", "ce-subject": '"a \\"b\\" 50%"' };
  const { event_id, payload } = await read(binary(encoder.encode("x"), null, headers));
  assert.deepEqual([event_id, payload.metadata], ["Café ☕", { subject: 'a "b" 50%' }]);
});

Deno.test("binary mode refuses bad headers with 422 and bad data with 400", async () => {
  const body = encoder.encode("{}");
  for (
    const [name, value] of [
      ["ce-id", "%00"],
      ["ce-specversion", "0.3"],
      ["ce-time", "today"],
      ["ce-my-ext", "x"],
    ] as const
  ) {
    const sent = binary(body, "text/plain", { [name]: value });
    const { extra } = await assertRefused(422, () => readBatch(sent, LIMITS));
    assert.deepEqual(extra.errors!.map(({ path }) => path), [name.slice(3)]);
  }
  const sent = binary(encoder.encode("{"), "application/json");
  await assertRefused(400, () => readBatch(sent, LIMITS));
});
