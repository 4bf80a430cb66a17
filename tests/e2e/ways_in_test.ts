/**
 * Does `POST /publish` of a running service take events in each of the ways it promises? CloudEvents
 * come from the CNCF's own client library.
 */
import assert from "node:assert/strict";
import { CloudEvent, emitterFor, HTTP, type Message, Mode } from "cloudevents";
import type { Event } from "../../lib/event.ts";
import { event, events } from "../helpers/events.ts";
import { compress } from "../helpers/requests.ts";
import type { Service } from "../helpers/service.ts";
import { usePostgres } from "../helpers/database.ts";
import { useEmptiedService, useService } from "../helpers/service_tests.ts";

const postgres = usePostgres();
const test = useEmptiedService(postgres);
const testAlone = useService(postgres);
const encoder = new TextEncoder();

/** Posts a body as it is. */
async function post(
  { url }: Service,
  body: BodyInit,
  headers: Record<string, string>,
  query = "",
) {
  const response = await fetch(`${url}/publish${query}`, { method: "POST", body, headers });
  return { status: response.status, answer: await response.json() };
}

/** What is stored, by id. */
async function stored(service: Service): Promise<Map<string, Event>> {
  await service.settled();
  const page: Event[] = await service.get("/events?limit=1000");
  return new Map(page.map((one) => [one.event_id, one]));
}

test("NDJSON is taken, plain and compressed, and stored line by line", async (service) => {
  const sent = events(600);
  const half = (from: number) =>
    encoder.encode(sent.slice(from, from + 300).map((one) => `${JSON.stringify(one)}\n`).join(""));
  const type = { "content-type": "application/x-ndjson" };
  const plain = await post(service, half(0), type);
  assert.deepEqual(plain, { status: 202, answer: { status: "accepted", accepted: 300 } });
  const small = await compress(half(300), "deflate");
  const packed = await post(service, small, { ...type, "content-encoding": "deflate" });
  assert.deepEqual(packed, plain);
  assert.deepEqual(
    [...(await stored(service)).keys()].sort(),
    sent.map(({ event_id }) => event_id).sort(),
  );
});

test("?partial=true stores what is good, reports what is not, and refuses where all is bad", async (service) => {
  const good = event();
  const json = { "content-type": "application/json" };
  const body = JSON.stringify([{}, good]);
  assert.equal((await post(service, body, json)).status, 422);
  const { status, answer } = await post(service, body, json, "?partial=true");
  assert.deepEqual([status, answer], [202, {
    status: "accepted",
    accepted: 1,
    rejected: 1,
    errors: [{ index: 0, path: "topic", message: "is missing" }],
  }]);
  assert.equal((await post(service, "[{}]", json, "?partial=true")).status, 422);
  assert.equal((await post(service, body, json, "?partial=perhaps")).status, 400);
  assert.equal((await post(service, body, json, "?partail=true")).status, 400);
  assert.deepEqual([...(await stored(service)).keys()], [good.event_id]);
});

/** Sends what the library makes. */
const transportTo = (service: Service) => async ({ headers, body }: Message) => {
  const { status, answer } = await post(
    service,
    body as string,
    headers as Record<string, string>,
  );
  assert.equal(status, 202, JSON.stringify(answer));
  return answer;
};

test("the CloudEvents library sends in binary and in structured mode, and each event is stored as mapped", async (service) => {
  for (const mode of [Mode.BINARY, Mode.STRUCTURED]) {
    const send = emitterFor(transportTo(service), { binding: HTTP, mode });
    const one = new CloudEvent({
      type: "app.log",
      source: "/library",
      subject: "50% done",
      data: { content: "Hello", n: 1 },
      myextension: "x",
    });
    assert.deepEqual(await send(one), { status: "accepted", event_id: one.id });
    const text = new CloudEvent({
      type: "app.text",
      source: "/library",
      datacontenttype: "text/plain",
      data: "Hello",
    });
    await send(text);
    const rows = await stored(service);
    const { topic, source, timestamp, payload } = rows.get(one.id)!;
    assert.deepEqual([topic, source, Date.parse(timestamp)], [
      "app.log",
      "/library",
      Date.parse(one.time!),
    ]);
    assert.equal(payload.content, "Hello", mode);
    assert.equal(payload["n"], 1);
    assert.equal(payload.metadata!["subject"], "50% done");
    assert.equal(payload.metadata!["myextension"], "x");
    assert.equal(rows.get(text.id)!.payload.content, "Hello");
  }
});

test("CloudEvents of the library are taken in batch mode", async (service) => {
  const sent = Array.from(
    { length: 20 },
    (_, n) => new CloudEvent({ type: "app.log", source: "/library", data: { n } }),
  );
  const { status, answer } = await post(service, JSON.stringify(sent), {
    "content-type": "application/cloudevents-batch+json",
  });
  assert.deepEqual([status, answer], [202, { status: "accepted", accepted: 20 }]);
  const rows = await stored(service);
  for (const { id, data } of sent) assert.deepEqual(rows.get(id)!.payload["data"], data);
});

testAlone(
  "a body that inflates beyond the bound is refused with 413 and nothing is stored",
  async (service) => {
    const line = `${JSON.stringify(event())}\n`;
    const bomb = await compress(encoder.encode(line.repeat(20_000)), "gzip");
    const { status, answer } = await post(service, bomb, {
      "content-type": "application/x-ndjson",
      "content-encoding": "gzip",
    });
    assert.deepEqual([status, answer.title], [413, "Body too large"]);
    assert.equal((await service.settled()).received, 0);
  },
  { MAX_BODY_BYTES: "100000" },
);
