/**
 * Where a publisher has topics of its own, is nothing taken on another, in whatever form it comes?
 */
import assert from "node:assert/strict";
import { type Batch, readBatch } from "../../lib/ingest.ts";
import { MAX_FIELD_ERRORS } from "../../lib/limits.ts";
import { event } from "../helpers/events.ts";
import { assertRefused, LIMITS, request } from "../helpers/requests.ts";

const mine = event({ topic: "shop.a" });
const other = event({ topic: "bank.a" });

function cloudEvent({ topic, event_id, source }: typeof mine) {
  return { specversion: "1.0", id: event_id, type: topic, source };
}

/** A list of events in each form that takes one, and what it calls the topic. */
const FORMS: Record<string, [make: (events: (typeof mine)[]) => string, topicName: string]> = {
  "application/json": [(events) => JSON.stringify(events), "topic"],
  "application/x-ndjson": [
    (events) => events.map((one) => JSON.stringify(one)).join("\n"),
    "topic",
  ],
  "application/cloudevents-batch+json": [
    (events) => JSON.stringify(events.map(cloudEvent)),
    "type",
  ],
};

function read(body: string, type: string, options: { partial?: boolean; withKeys?: boolean } = {}) {
  const mayPublishTo = (topic: string) => topic.startsWith("shop.");
  const limits = { ...LIMITS, maxBodyBytes: 100_000, maxBatchEvents: 1_000 };
  return readBatch(request(body, { "content-type": type }), {
    ...limits,
    mayPublishTo,
    ...options,
  });
}

const idsOf = ({ json }: Batch) =>
  JSON.parse(`[${new TextDecoder().decode(json)}]`).map((one: typeof mine) => one.event_id);

for (const [type, [make, topicName]] of Object.entries(FORMS)) {
  Deno.test(`${type}: one event on another's topic, and nothing is taken; with partial the others are`, async () => {
    const body = make([mine, other, { ...mine, event_id: "2" }]);
    const problem = await assertRefused(403, () => read(body, type));
    assert.equal(problem.problem, "topic-not-allowed");
    const message = "is none that the token may publish to";
    const errors = [{ index: 1, path: topicName, message }];
    assert.deepEqual(problem.extra.errors, errors);
    const batch = await read(body, type, { partial: true });
    assert.deepEqual([idsOf(batch), batch.rejected], [[mine.event_id, "2"], errors]);
  });

  Deno.test(`${type}: what is invalid is 422, and what is not even that is 403 if nothing is left`, async () => {
    const bad = { ...mine, source: "" };
    await assertRefused(422, () => read(make([other, bad]), type));
    await assertRefused(403, () => read(make([other, other]), type, { partial: true }));
    await assertRefused(422, () => read(make([other, bad]), type, { partial: true }));
    const many = Array<typeof mine>(2 * MAX_FIELD_ERRORS).fill(other);
    const { extra } = await assertRefused(403, () => read(make(many), type));
    assert.equal(extra.errors?.length, MAX_FIELD_ERRORS);
  });

  Deno.test(`${type}: events on one's own topics are taken as ever`, async () => {
    const batch = await read(make([mine, { ...mine, event_id: "2" }]), type, { withKeys: true });
    assert.deepEqual([batch.events, batch.keys?.length], [2, 2]);
  });
}

Deno.test("a single event on another's topic is refused, with partial, too", async () => {
  for (const partial of [false, true]) {
    for (
      const [body, type, path] of [
        [other, "application/json", "topic"],
        [cloudEvent(other), "application/cloudevents+json", "type"],
      ] as const
    ) {
      const { extra } = await assertRefused(
        403,
        () => read(JSON.stringify(body), type, { partial }),
      );
      assert.deepEqual(extra.errors?.map(({ index, path }) => [index, path]), [[0, path]]);
    }
  }
});

Deno.test("of a topic that stands there twice the last one counts", async () => {
  const twice = (first: string, last: string) =>
    JSON.stringify(event({ topic: first })).replace(/}$/, `,"topic":"${last}"}`);
  await assertRefused(403, () => read(twice("shop.a", "bank.a"), "application/json"));
  assert.equal((await read(twice("bank.a", "shop.a"), "application/json")).events, 1);
});
