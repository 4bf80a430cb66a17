import assert from "node:assert/strict";
import { headers } from "@nats-io/transport-node";
import { decode, encodeBody, encodeLabel, messageId } from "../../lib/jetstream/message.ts";

const LABEL = {
  journal: "00000000-0000-4000-8000-000000000001",
  entry: 4_711,
  part: 3,
  events: 2,
  acceptedAt: Date.parse("2026-11-22T09:30:00.123Z"),
  waited: true,
  traces: ["00-a-b-01", "00-c-d-01"],
};
const JSON_TEXT = '{"n":1.00},{"topic":"日本"}';

Deno.test("decode() gives back what a message was made of", () => {
  const message = { headers: encodeLabel(LABEL), data: encodeBody({ json: JSON_TEXT }) };
  assert.deepEqual(decode(message), { ...LABEL, json: JSON_TEXT });
  const plain = { ...LABEL, waited: false, traces: [] };
  assert.deepEqual(decode({ ...message, headers: encodeLabel(plain) }), {
    ...plain,
    json: JSON_TEXT,
  });
});

Deno.test("a message is known by journal, entry and part, and its body is a JSON array", () => {
  assert.equal(encodeLabel(LABEL).get("Nats-Msg-Id"), messageId(LABEL));
  assert.equal(messageId(LABEL), "00000000-0000-4000-8000-000000000001/4711/3");
  assert.deepEqual(JSON.parse(new TextDecoder().decode(encodeBody({ json: JSON_TEXT }))), [
    { n: 1 },
    { topic: "日本" },
  ]);
});

Deno.test("decode() knows what is none of Sekali's messages", () => {
  const data = encodeBody({ json: JSON_TEXT });
  assert.equal(decode({ data }), undefined);
  assert.equal(decode({ headers: headers(), data }), undefined);
  assert.equal(
    decode({ headers: encodeLabel(LABEL), data: new TextEncoder().encode("hello") }),
    undefined,
  );
  for (
    const [name, value] of [
      ["Sekali-Journal", "mine"],
      ["Sekali-Entry", "-1"],
      ["Sekali-Part", "1e3"],
      ["Sekali-Events", "0"],
      ["Sekali-Accepted-At", "yesterday"],
    ] as const
  ) {
    const spoiled = encodeLabel(LABEL);
    spoiled.set(name, value);
    assert.equal(decode({ headers: spoiled, data }), undefined, name);
  }
});
