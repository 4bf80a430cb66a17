/**
 * Does the judge find what is wrong? On real tables, filled by the service's own statement, then
 * tampered with.
 */
import assert from "node:assert/strict";
import type { Stats } from "../../lib/snapshot.ts";
import { apply } from "../../lib/sql/apply.ts";
import type { Sql } from "../../lib/sql/connect.ts";
import { readStats } from "../../lib/sql/stats.ts";
import { usePostgres } from "../helpers/database.ts";
import { entry } from "../helpers/entries.ts";
import { type Batch, makeBatch, toBatch } from "./batch.ts";
import { keyOf } from "./events.ts";
import { BEGINNING, compareCounters, isFlawless, judge, type Told } from "./judge.ts";
import { Ledger } from "./ledger.ts";
import { randomOf } from "./plan.ts";

const postgres = usePostgres();
const JOURNAL = crypto.randomUUID();

/** Batches with many repeats, the first with a dead letter. */
function makeBatches(ledger: Ledger, count: number): Batch[] {
  const random = randomOf("judge");
  const witness = ledger.make("witness");
  return [
    toBatch([ledger.make("ordinary"), ledger.make("poison"), witness], witness, ledger),
    ...Array.from({ length: count - 1 }, () => makeBatch(ledger, random)),
  ];
}

/** Stores a batch as the service does, an entry of its own. */
async function store(sql: Sql, id: number, { numbers, body }: Batch) {
  const json = body.startsWith("[") ? body.slice(1, -1) : body;
  await apply(sql, JOURNAL, 1 + id % 2, [{ ...entry(id, [json]), events: numbers.length }]);
}

/** What a service without faults would say. */
async function askService(sql: Sql): Promise<Told> {
  const { totals, topics } = await readStats(sql);
  return { stats: { ...totals, pending: 0, consistent: true } as Stats, topics };
}

type Tamper = (sql: Sql, ledger: Ledger) => Promise<unknown>;

/** The judgement on a hundred batches, all acknowledged and stored, after something was done to them. */
async function judgeAfter(tamper: Tamper) {
  await using database = await postgres.database();
  const { sql } = database;
  const ledger = new Ledger();
  for (const [at, batch] of makeBatches(ledger, 100).entries()) {
    await store(sql, at + 1, batch);
    ledger.acknowledge(batch);
  }
  await tamper(sql, ledger);
  return (await judge(sql, await askService(sql), ledger, BEGINNING)).findings;
}

/** The key of the first row of a table. */
async function firstKey(sql: Sql, table: string) {
  const [row] = await sql<{ event_id: string; topic: string }[]>`
    select event_id, topic from ${sql(table)} order by event_id, topic limit 1`;
  return { ...row! };
}

Deno.test("judge() finds nothing where all is as it was sent, dead letters included", async () => {
  let letters = 0;
  const findings = await judgeAfter(async (sql) => {
    [{ letters }] = await sql`select count(*) as letters from dead_letters` as [
      { letters: number },
    ];
  });
  assert.ok(letters > 0);
  assert.ok(isFlawless(findings), JSON.stringify(findings));
  assert.equal(findings.counterError, 0);
});

Deno.test("judge() finds a lost event, and a lost dead letter", async () => {
  for (const table of ["processed_events", "dead_letters"]) {
    let key;
    const findings = await judgeAfter(async (sql) => {
      key = await firstKey(sql, table);
      await sql`delete from ${
        sql(table)
      } where event_id = ${key.event_id} and topic = ${key.topic}`;
    });
    assert.deepEqual(findings.lost, { count: 1, first: [key] });
    assert.ok(findings.counterError > 0);
    assert.ok(!isFlawless(findings));
  }
});

Deno.test("judge() finds an event that is stored twice", async () => {
  let key;
  const findings = await judgeAfter(async (sql) => {
    key = await firstKey(sql, "processed_events");
    await sql`alter table processed_events drop constraint processed_events_pkey`;
    await sql`
      insert into processed_events (event_id, topic, timestamp, source, payload, received_at)
      select event_id, topic, timestamp, source, payload, received_at from processed_events
      where event_id = ${key.event_id} and topic = ${key.topic}`;
  });
  assert.deepEqual(findings.doubled, { count: 1, first: [key] });
});

Deno.test("judge() finds an event that is stored other than it was sent", async () => {
  const changes = [
    (sql: Sql) => sql`payload = jsonb_set(payload, '{content}', '"other"')`,
    (sql: Sql) => sql`payload = payload || '{"more": 1}'`,
    (sql: Sql) => sql`timestamp = timestamp + interval '1 second'`,
    (sql: Sql) => sql`source = 'other'`,
  ];
  for (const change of changes) {
    let key;
    const findings = await judgeAfter(async (sql) => {
      key = await firstKey(sql, "processed_events");
      await sql`update processed_events set ${change(sql)} where event_id = ${key.event_id}
        and topic = ${key.topic}`;
    });
    assert.deepEqual(findings.spoiled, { count: 1, first: [key] });
  }
});

Deno.test("judge() finds a dead letter that is not what was sent, or should be an event", async () => {
  let key;
  const changed = await judgeAfter(async (sql) => {
    key = await firstKey(sql, "dead_letters");
    await sql`update dead_letters set event = event || ' '`;
  });
  assert.deepEqual(changed.spoiled, { count: 1, first: [key] });

  const turned = await judgeAfter(async (sql) => {
    key = await firstKey(sql, "processed_events");
    await sql`
      with gone as (
        delete from processed_events where event_id = ${key.event_id} and topic = ${key.topic}
        returning event_id, topic, received_at
      )
      insert into dead_letters (event_id, topic, event, error, received_at)
      select event_id, topic, '{}', '', received_at from gone`;
  });
  assert.deepEqual([turned.spoiled, turned.lost.count], [{ count: 1, first: [key] }, 0]);
});

Deno.test("judge() finds events that were never sent", async () => {
  const findings = await judgeAfter(async (sql, ledger) => {
    const unsent = keyOf(ledger.make("ordinary"));
    for (const { event_id, topic } of [unsent, { event_id: "who", topic: "knows" }]) {
      await sql`
        insert into processed_events (event_id, topic, timestamp, source, payload, received_at)
        values (${event_id}, ${topic}, now(), '', '{}', now())`;
    }
  });
  assert.equal(findings.invented.count, 2);
});

Deno.test("judge() measures how wrong a counter is", async () => {
  const tampers: [Tamper, RegExp, number][] = [
    [
      (sql) => sql`update aggregator_stats set received = received + 5 where shard = 1`,
      /^received \d+, not \d+$/,
      // Too many in all, more than what was decided, and more than the topics have.
      15,
    ],
    [
      (sql) =>
        sql`
        update topic_stats set unique_processed = unique_processed - 2 where (topic, shard) =
          (select topic, shard from topic_stats where unique_processed > 2 limit 1)`,
      /^unique_processed of verify/,
      4,
    ],
    [
      (sql) => sql`insert into applied_entries select gen_random_uuid(), generate_series(1, 3)`,
      /^applied_entries 103, not 100$/,
      3,
    ],
  ];
  for (const [tamper, message, distance] of tampers) {
    const { counterError, wrongCounters, lost } = await judgeAfter(tamper);
    assert.ok(wrongCounters.some((what) => message.test(what)), wrongCounters.join("\n"));
    assert.equal(counterError, distance);
    assert.equal(lost.count, 0);
  }
});

Deno.test("compareCounters() compares each counter with what it counts", () => {
  const counted = { received: 6, unique_processed: 3, duplicate_dropped: 2, dead_letters: 1 };
  const topic = { ...counted, topic: "t", events: 3, letters: 1 };
  const tables = { totals: counted, topics: [topic], applied_entries: 2 };
  const told = { stats: { ...counted, pending: 0, consistent: true }, topics: [topic] };
  const compare = (totals = {}, topic = {}) =>
    compareCounters(
      {
        ...tables,
        totals: { ...counted, ...totals },
        topics: [{ ...tables.topics[0]!, ...topic }],
      },
      { ...told, stats: { ...told.stats, ...totals }, topics: [{ ...told.topics[0]!, ...topic }] },
      { received: 6, batches: 2 },
    ).map(({ what, distance }) => [what, distance]);

  assert.deepEqual(compare(), []);
  assert.deepEqual(compare({ unique_processed: 2, duplicate_dropped: 3 }), [
    ["unique_processed 2, not 3", 1],
    ["duplicates of all topics 2, not 3", 1],
  ]);
  assert.deepEqual(compare({ unique_processed: 4, dead_letters: 0 }), [
    ["unique_processed 4, not 3", 1],
    ["dead_letters 0, not 1", 1],
  ]);
  assert.deepEqual(compare({}, { unique_processed: 4, dead_letters: 0 }), [
    ["unique_processed of t 4, not 3", 1],
    ["dead_letters of t 0, not 1", 1],
  ]);
});

Deno.test("judge() finds an entry that was counted twice, even while batches are in doubt", async () => {
  await using database = await postgres.database();
  const { sql } = database;
  const ledger = new Ledger();
  const batches = makeBatches(ledger, 60);
  const isAccepted = (at: number) => at % 5 > 0;
  for (const [at, batch] of batches.entries()) {
    if (isAccepted(at)) await store(sql, at + 1, batch);
    // The publisher of every third did not hear the answer.
    if (at % 3 === 0 || !isAccepted(at)) ledger.doubt(batch);
    else ledger.acknowledge(batch);
  }
  const before = (await judge(sql, await askService(sql), ledger, BEGINNING)).findings;
  assert.ok(isFlawless(before), JSON.stringify(before));

  await sql`delete from applied_entries where entry = 2`;
  await store(sql, 2, batches[1]!);
  ledger.forgetSightings();
  const after = (await judge(sql, await askService(sql), ledger, BEGINNING)).findings;
  assert.equal(after.counterError, batches[1]!.numbers.length);
});

Deno.test("judge() finds a batch that was accepted in part, answered or not", async () => {
  await using database = await postgres.database();
  const { sql } = database;
  const ledger = new Ledger();
  const batch = makeBatches(ledger, 50).find(({ numbers }) => numbers.length > 20)!;
  ledger.doubt(batch);
  await store(sql, 1, batch);
  const other = keyOf(batch.numbers.find((number) => number !== batch.witness)!);
  await sql`delete from processed_events where event_id = ${other.event_id} and topic = ${other.topic}`;
  const { findings } = await judge(sql, await askService(sql), ledger, BEGINNING);
  assert.deepEqual(findings.lost.first, [other]);
});

Deno.test("judge() finds that the service says other than its tables", async () => {
  await using database = await postgres.database();
  const { sql } = database;
  const ledger = new Ledger();
  for (const [at, batch] of makeBatches(ledger, 20).entries()) {
    await store(sql, at + 1, batch);
    ledger.acknowledge(batch);
  }
  const told = await askService(sql);
  const judged = async (told: Told) => {
    ledger.forgetSightings();
    return (await judge(sql, told, ledger, BEGINNING)).findings.wrongCounters.join("\n");
  };
  assert.equal(await judged(told), "");
  const { stats, topics } = told;
  const [first, ...others] = topics;
  assert.match(
    await judged({ topics, stats: { ...stats, received: 0 } }),
    /^received at \/stats 0/,
  );
  assert.match(await judged({ topics, stats: { ...stats, pending: 1 } }), /^pending at \/stats 1/);
  assert.match(await judged({ topics, stats: { ...stats, consistent: false } }), /inconsistent/);
  assert.match(await judged({ stats, topics: others }), /^topics at \/topics/);
  const wrong = { ...first!, duplicate_dropped: first!.duplicate_dropped + 1 };
  assert.match(await judged({ stats, topics: [wrong, ...others] }), /^duplicate_dropped of verify/);
});
