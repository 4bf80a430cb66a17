/**
 * Does the answer to a delivery say who sent what on which topic, and which keys were repeated, within
 * its bounds?
 */
import assert from "node:assert/strict";
import { OUTCOME_GROUPS, OUTCOME_REPEATED_KEYS } from "../../lib/limits.ts";
import type { Outcome } from "../../lib/protocol.ts";
import { apply } from "../../lib/sql/apply.ts";
import { usePostgres } from "../helpers/database.ts";
import { entry, eventJson } from "../helpers/entries.ts";
import { event, events } from "../helpers/events.ts";

const postgres = usePostgres();

const JOURNAL = "00000000-0000-4000-8000-000000000001";

/** The groups of an outcome in short. */
const groups = ({ groups }: Outcome) =>
  groups.map(({ topic, source, received, stored }) => [topic, source, received, stored]);

/** The ids of the repeated keys of an outcome, in order. */
const repeated = ({ repeated }: Outcome) => repeated.map(({ event_id }) => event_id).toSorted();

Deno.test("apply() says what each source sent on each topic, the largest first", async () => {
  await using database = await postgres.database();
  const known = events(2, { topic: "a", source: "x" });
  await apply(database.sql, JOURNAL, 1, [entry(1, known)]);
  const outcome = await apply(database.sql, JOURNAL, 1, [
    entry(2, [...known, ...events(3, { topic: "a", source: "x" })]),
    entry(3, [
      ...events(4, { topic: "a", source: "y" }),
      ...events(1, { topic: "b", source: "x" }),
    ]),
  ]);
  assert.deepEqual(groups(outcome), [["a", "x", 5, 3], ["a", "y", 4, 4], ["b", "x", 1, 1]]);
});

Deno.test("apply() names no more groups than the bound, and those that received most", async () => {
  await using database = await postgres.database();
  const few = Array.from({ length: OUTCOME_GROUPS + 5 }, (_, n) => event({ source: `s${n}` }));
  const many = events(2, { source: "z large" });
  const outcome = await apply(database.sql, JOURNAL, 1, [entry(1, [...few, ...many])]);
  assert.equal(outcome.groups.length, OUTCOME_GROUPS);
  assert.deepEqual(groups(outcome)[0], [many[0]!.topic, "z large", 2, 2]);
  assert.equal(outcome.received, few.length + 2);
});

Deno.test("apply() names some keys that an earlier delivery had stored, with who repeated them", async () => {
  await using database = await postgres.database();
  const known = events(OUTCOME_REPEATED_KEYS + 2);
  await apply(database.sql, JOURNAL, 1, [entry(1, known)]);
  const again = known.map((one) => ({ ...one, source: "again" }));
  const all = await apply(database.sql, JOURNAL, 1, [entry(2, [...again, ...events(3)])]);
  assert.equal(all.repeated.length, OUTCOME_REPEATED_KEYS);
  const ids = new Set(known.map(({ event_id }) => event_id));
  for (const { event_id, topic, source } of all.repeated) {
    assert.ok(ids.has(event_id));
    assert.deepEqual([topic, source], [known[0]!.topic, "again"]);
  }
  const one = await apply(database.sql, JOURNAL, 1, [entry(3, [event(), again[4]!])]);
  assert.deepEqual(repeated(one), [again[4]!.event_id]);
});

Deno.test("apply() names keys that are repeated within their first delivery", async () => {
  await using database = await postgres.database();
  const [a, b] = [event(), event()];
  const outcome = await apply(database.sql, JOURNAL, 1, [entry(1, [a, b, event()]), entry(2, [b])]);
  assert.deepEqual(repeated(outcome), [b.event_id]);
});

Deno.test("apply() names no key where all are new, or the delivery was applied before", async () => {
  await using database = await postgres.database();
  const delivery = [entry(1, events(5))];
  assert.deepEqual((await apply(database.sql, JOURNAL, 1, delivery)).repeated, []);
  const again = await apply(database.sql, JOURNAL, 1, delivery);
  assert.deepEqual([again.received, again.groups, again.repeated], [0, [], []]);
});

Deno.test("apply() says the same of a delivery that has to be bisected, dead letters left out", async () => {
  await using database = await postgres.database();
  const known = event({ topic: "a", source: "x" });
  await apply(database.sql, JOURNAL, 1, [entry(1, [known])]);
  const bad = eventJson('{"content":"x","n":1e-20000}', { topic: "a", source: "x" });
  const good = [...events(2, { topic: "a", source: "x" }), event({ topic: "b", source: "y" })];
  const outcome = await apply(database.sql, JOURNAL, 1, [entry(2, [known, bad, ...good])]);
  assert.deepEqual(groups(outcome), [["a", "x", 3, 2], ["b", "y", 1, 1]]);
  assert.deepEqual(repeated(outcome), [known.event_id]);
});
