import assert from "node:assert/strict";
import { type Batch, batches, type Plan } from "../../publisher/generate.ts";
import { load, type LoadOptions, Tally } from "../../publisher/load.ts";
import { fastPolicy, Stub } from "./stub.ts";

const plan: Plan = {
  seed: "test",
  events: 1_000,
  duplicateRate: 0.3,
  topics: 3,
  sameTopicDuplicates: true,
};

const options = (stub: Stub, changes: Partial<LoadOptions> = {}): LoadOptions => ({
  url: stub.url,
  token: undefined,
  concurrency: 4,
  eventsPerSecond: undefined,
  retry: fastPolicy().policy,
  ...changes,
});

Deno.test("load() delivers every batch once to a server that accepts", async () => {
  await using stub = new Stub();
  const tally = new Tally();
  let accepted = 0;
  await load(batches(plan, 10), options(stub, { token: "secret" }), tally, () => accepted++);
  assert.deepEqual(stub.counters, {
    received: 1_000,
    unique_processed: 700,
    duplicate_dropped: 300,
    dead_letters: 0,
  });
  assert.deepEqual([tally.events, tally.unique, tally.requests, accepted], [1_000, 700, 100, 100]);
  assert.deepEqual([tally.retries, tally.inDoubtEvents], [0, 0]);
  assert.ok(tally.busyMs > 0);
  assert.ok(tally.latencyMs(50) > 0 && tally.latencyMs(50) <= tally.latencyMs(99));
  assert.ok(stub.authorizations.every((value) => value === "Bearer secret"));
});

Deno.test("load() delivers every event though each request is refused twice first", async () => {
  const refused = new Map<string, number>();
  await using stub = new Stub(({ body, accept }) => {
    const times = refused.get(body) ?? 0;
    refused.set(body, times + 1);
    if (times === 2) return accept();
    return new Response(null, { status: 503, headers: { "retry-after": "1" } });
  });
  const tally = new Tally();
  const { policy, waits } = fastPolicy();
  await load(batches(plan, 100), options(stub, { retry: policy }), tally);
  assert.equal(stub.counters.received, 1_000);
  assert.equal(stub.counters.unique_processed, 700);
  assert.deepEqual([tally.requests, tally.retries, tally.inDoubtEvents], [10, 20, 0]);
  assert.equal(waits.length, 20);
});

Deno.test("load() counts the events of a timed out request as in doubt", async () => {
  await using stub = new Stub(({ n, accept, hang }) => {
    const response = accept();
    return n === 3 ? hang() : response;
  });
  const tally = new Tally();
  const retry = fastPolicy({ timeoutMs: 500 }).policy;
  await load(batches(plan, 100), options(stub, { retry, concurrency: 1 }), tally);
  assert.equal(tally.events, 1_000);
  assert.deepEqual([tally.retries, tally.inDoubtEvents], [1, 100]);
  assert.equal(stub.counters.received, 1_100);
  assert.equal(stub.counters.unique_processed, 700);
});

Deno.test("load() makes no more bodies than it has requests under way", async () => {
  let made = 0;
  function* counted(): Generator<Batch, void> {
    for (const batch of batches(plan, 10)) {
      made++;
      yield batch;
    }
  }
  const three = Promise.withResolvers<void>();
  const madeWithThree: number[] = [];
  await using stub = new Stub(async ({ n, accept }) => {
    if (n === 3) {
      madeWithThree.push(made);
      three.resolve();
    }
    await three.promise; // each is held until three are under way
    return accept();
  });
  await load(counted(), options(stub, { concurrency: 3 }), new Tally());
  assert.deepEqual(madeWithThree, [3]);
  assert.equal(stub.counters.received, 1_000);
});

Deno.test("load() keeps to a rate, and counts waiting for a free loop as latency", async () => {
  const holdMs = 30;
  await using stub = new Stub(async ({ accept }) => {
    await new Promise((resolve) => setTimeout(resolve, holdMs));
    return accept();
  });
  const short = { ...plan, events: 100 };
  const steady = new Tally();
  await load(batches(short, 10), options(stub, { eventsPerSecond: 1_000 }), steady);
  assert.ok(steady.elapsedMs() >= 90 + holdMs - 1, `${steady.elapsedMs()} ms`);

  // One loop takes 30 ms a request where one is due every ms: the last waits for nine others.
  const late = new Tally();
  const overload = options(stub, { eventsPerSecond: 10_000, concurrency: 1 });
  await load(batches(short, 10), overload, late);
  assert.ok(late.latencyMs(99) >= 9 * (holdMs - 1), `${late.latencyMs(99)} ms`);
});

Deno.test("load() stops all loops at the first refusal", async () => {
  await using stub = new Stub(({ n, accept }) =>
    n < 5 ? accept() : Response.json({ title: "Invalid" }, { status: 422 })
  );
  const tally = new Tally();
  await assert.rejects(
    load(batches(plan, 10), options(stub, { concurrency: 1 }), tally),
    /422.*Invalid/,
  );
  assert.deepEqual([stub.bodies.length, tally.events], [5, 40]);
});

Deno.test("Tally tells no latency before the first answer", () => {
  assert.equal(new Tally().latencyMs(99), 0);
});
