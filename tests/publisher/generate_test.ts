import assert from "node:assert/strict";
import {
  batches,
  deliveries,
  newSeed,
  type Plan,
  plannedDuplicates,
} from "../../publisher/generate.ts";

const plan = (changes: Partial<Plan> = {}): Plan => ({
  seed: "test",
  events: 20_000,
  duplicateRate: 0.3,
  topics: 3,
  sameTopicDuplicates: true,
  ...changes,
});

/** Deliveries by key, and how many were called unique. */
function count(plan: Plan) {
  const keys = new Map<string, number>();
  let unique = 0;
  for (const delivery of deliveries(plan)) {
    const key = `${delivery.eventId} ${delivery.topic}`;
    assert.equal(delivery.unique, !keys.has(key), "called unique when its key is new");
    keys.set(key, (keys.get(key) ?? 0) + 1);
    if (delivery.unique) unique++;
  }
  return { keys, unique };
}

const ids = (plan: Plan) => Array.from(deliveries(plan), (delivery) => delivery.eventId);

Deno.test("deliveries() of the defaults are exactly 14,000 keys and 6,000 duplicates", () => {
  for (const seed of ["a", "b", "42", newSeed()]) {
    const { keys, unique } = count(plan({ seed }));
    assert.equal(keys.size, 14_000, `seed ${seed}`);
    assert.equal(unique, 14_000, `seed ${seed}`);
  }
});

Deno.test("deliveries() repeats exactly the planned number at every rate and size", () => {
  for (const events of [1, 2, 3, 7, 100, 1001]) {
    for (const duplicateRate of [0, 0.01, 0.3, 0.5, 0.999, 1]) {
      const wanted = plan({ events, duplicateRate });
      const { keys } = count(wanted);
      assert.equal(keys.size, events - plannedDuplicates(wanted), `${events} at ${duplicateRate}`);
    }
  }
});

Deno.test("deliveries() spreads events over all topics", () => {
  const topics = Map.groupBy(deliveries(plan({ topics: 4 })), (delivery) => delivery.topic);
  assert.deepEqual(
    [...topics.keys()].sort(),
    ["app.log.level-1", "app.log.level-2", "app.log.level-3", "app.log.level-4"],
  );
  for (const of of topics.values()) assert.ok(of.length > 4_000 && of.length < 6_000);
});

Deno.test("deliveries() spreads repeats over the run and over earlier events", () => {
  const all = [...deliveries(plan())];
  for (let from = 0; from < all.length; from += 5_000) {
    const repeats = all.slice(from, from + 5_000).filter((delivery) => delivery.repeat).length;
    assert.ok(repeats > 1_300 && repeats < 1_700, `${repeats} from ${from}`);
  }
  const repeated = new Set(all.filter((delivery) => delivery.repeat).map(({ event }) => event));
  assert.ok(repeated.size > 3_000);
});

Deno.test("deliveries() with redrawn topics counts keys exactly, fewer of them duplicates", () => {
  const { keys, unique } = count(plan({ sameTopicDuplicates: false }));
  assert.equal(keys.size, unique);
  assert.ok(unique > 14_000 && unique < 20_000, `${unique}`);
  const events = new Set([...keys.keys()].map((key) => key.split(" ")[0]));
  assert.equal(events.size, 14_000);
});

Deno.test("deliveries() with redrawn topics and one topic repeats keys only", () => {
  assert.equal(count(plan({ sameTopicDuplicates: false, topics: 1 })).keys.size, 14_000);
});

Deno.test("deliveries() of one seed are the same, of another seed share no id", () => {
  assert.deepEqual([...deliveries(plan())], [...deliveries(plan())]);
  const other = new Set(ids(plan({ seed: "test2" })));
  assert.ok(ids(plan()).every((id) => !other.has(id)));
});

Deno.test("newSeed() makes disjoint ids in one millisecond, with its time inside", () => {
  const nowMs = Date.UTC(2026, 5, 1);
  const [first, second] = [newSeed(nowMs), newSeed(nowMs)];
  const other = new Set(ids(plan({ seed: second, events: 1_000 })));
  for (const id of ids(plan({ seed: first, events: 1_000 }))) {
    assert.ok(!other.has(id));
    assert.equal(parseInt(id.slice(0, 13).replace("-", ""), 16), nowMs);
  }
});

Deno.test("deliveries() have UUIDv7 ids in the order of events", () => {
  const fresh = [...deliveries(plan({ duplicateRate: 0 }))].map((delivery) => delivery.eventId);
  for (const id of fresh) {
    assert.match(id, /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  }
  assert.deepEqual(fresh, fresh.toSorted());
});

Deno.test("batches() carry the deliveries in order, with their counts", () => {
  const wanted = plan({ events: 1_050 });
  const now = new Date("2026-01-02T03:04:05.678Z");
  const made = [...batches(wanted, 100, () => now)];
  assert.equal(made.length, 11);
  assert.equal(made.at(-1)?.events, 50);
  assert.equal(made.reduce((sum, batch) => sum + batch.unique, 0), 735);
  const expected = Array.from(deliveries(wanted), (delivery) => ({
    topic: delivery.topic,
    event_id: delivery.eventId,
    timestamp: "2026-01-02T03:04:05.678Z",
    source: "publisher-service",
    payload: {
      content: delivery.repeat ? "Retry log" : "Initial log",
      metadata: { event: delivery.event, level: "info" },
    },
  }));
  assert.deepEqual(made.flatMap((batch) => JSON.parse(batch.body)), expected);
});

Deno.test("batches() of one event are objects, a larger batch's single leftover an array", () => {
  for (const batch of batches(plan({ events: 5 }), 1)) {
    assert.equal(batch.events, 1);
    assert.ok(!Array.isArray(JSON.parse(batch.body)));
  }
  const [, leftover] = batches(plan({ events: 5 }), 4);
  assert.equal(JSON.parse(leftover!.body).length, 1);
});

Deno.test("batches() of a billion events start at once", () => {
  const first = batches(plan({ events: 1_000_000_000 }), 100).next();
  assert.ok(!first.done && first.value.events === 100);
});
