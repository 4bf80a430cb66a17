/**
 * What is an event? What validation refuses and where it says so, and whether PostgreSQL really holds
 * everything that validation lets through.
 */
import assert from "node:assert/strict";
import { type Event, findFieldErrors } from "../lib/event.ts";
import { MAX_FIELD_ERRORS, MAX_NAME_CHARACTERS, MAX_PAYLOAD_DEPTH } from "../lib/limits.ts";
import { apply } from "../lib/sql/apply.ts";
import { isDataError, type Sql } from "../lib/sql/connect.ts";
import { readEvents } from "../lib/sql/events.ts";
import { usePostgres } from "./helpers/database.ts";
import { entry, eventJson } from "./helpers/entries.ts";
import { event, events } from "./helpers/events.ts";
import { newRandom, type Random } from "./helpers/random.ts";

const postgres = usePostgres();

/** What is wrong with the events of a JSON array. */
function errorsOfText(json: string) {
  return findFieldErrors(JSON.parse(json), json);
}

/** What is wrong with values that should be events. */
function errorsOf(...values: unknown[]) {
  return errorsOfText(JSON.stringify(values));
}

/** Asserts that a value is no event, because of what stands at a path. */
function assertRefused(value: unknown, path: string, message = /./) {
  const errors = errorsOf(value);
  assert.deepEqual(errors.map(({ index, path }) => [index, path]), [[0, path]]);
  assert.match(errors[0]!.message, message);
}

/** Asserts the same of an event with a payload that is given as JSON. */
function assertPayloadRefused(payload: string, path: string, message: RegExp) {
  const errors = errorsOfText(`[${eventJson(payload)}]`);
  assert.equal(errors.length, 1, payload);
  assert.equal(errors[0]!.path, path);
  assert.match(errors[0]!.message, message);
}

const NAMES = ["topic", "event_id", "source"] as const;

const GOOD_TIMESTAMPS = [
  "2026-11-22T09:30:00Z",
  "2026-11-22T09:30:00.5Z",
  "2026-11-22T09:30:00.123456Z",
  "2026-11-22T09:30:00.123456789Z",
  "2026-11-22T09:30:00+07:00",
  "2026-11-22T09:30:00-00:00",
  "2026-11-22T09:30:00+15:59",
  "2026-11-22T09:30:00-15:59",
  "2024-02-29T00:00:00Z",
  "2000-02-29T23:59:59.999999Z",
  "1970-01-01T00:00:00Z",
  "1969-12-31T23:59:59.999Z",
  "0001-01-01T00:00:00Z",
  "9999-12-31T23:59:59Z",
];

const BAD_TIMESTAMPS = [
  // In UTC, or rounded to microseconds, these leave the years that ISO 8601 can tell.
  "0001-01-01T00:00:00+15:59",
  "9999-12-31T23:59:59-15:59",
  "9999-12-31T23:59:59.9999999Z",
  `2026-11-22T09:30:00.${"1".repeat(300)}Z`,
  "",
  "yesterday",
  "1763803800",
  "2026-11-22",
  "2026-11-22T09:30:00",
  "2026-11-22 09:30:00Z",
  "2026-11-22T09:30:00 Z",
  "2026-11-22T09:30:00Z\n",
  " 2026-11-22T09:30:00Z",
  "2026-11-22T09:30:00,5Z",
  "2026-02-30T09:30:00Z",
  "2026-02-29T09:30:00Z",
  "1900-02-29T09:30:00Z",
  "2026-04-31T09:30:00Z",
  "2026-13-01T09:30:00Z",
  "2026-00-01T09:30:00Z",
  "2026-11-00T09:30:00Z",
  "2026-11-22T25:00:00Z",
  "2026-11-22T09:60:00Z",
  "2026-11-22T09:30:61Z",
  "0000-01-01T00:00:00Z",
  "0000-02-29T00:00:00Z",
  "-0001-01-01T00:00:00Z",
  "12026-11-22T09:30:00Z",
  "2026-11-22T09:30:00+16:00",
  "2026-11-22T09:30:00-16:00",
  "2026-11-22T09:30:00+23:59",
  "2026-11-22T09:30:00+15:60",
  "infinity",
  "now",
];

Deno.test("findFieldErrors() finds nothing wrong with good events", () => {
  assert.deepEqual(errorsOf(...events(3)), []);
  assert.deepEqual(errorsOf(), []);
});

Deno.test("findFieldErrors() takes names of 1 to 255 characters", () => {
  for (const name of NAMES) {
    assert.deepEqual(errorsOf(event({ [name]: "x" })), [], name);
    assert.deepEqual(errorsOf(event({ [name]: "x".repeat(MAX_NAME_CHARACTERS) })), [], name);
    assert.deepEqual(errorsOf(event({ [name]: "😀".repeat(MAX_NAME_CHARACTERS) })), [], name);
    assertRefused(event({ [name]: "" }), name);
    assertRefused(event({ [name]: "x".repeat(MAX_NAME_CHARACTERS + 1) }), name, /255/);
  }
});

Deno.test("findFieldErrors() names a field that is missing or of another type", () => {
  for (const name of [...NAMES, "timestamp", "payload"] as const) {
    const { [name]: _, ...incomplete } = event();
    assertRefused(incomplete, name);
    for (const wrong of [null, 1, true, ["x"], { x: 1 }]) {
      if (name === "payload" && typeof wrong === "object" && !Array.isArray(wrong) && wrong) {
        continue;
      }
      assertRefused({ ...event(), [name]: wrong }, name);
    }
  }
});

Deno.test("findFieldErrors() refuses what is no object", () => {
  for (const value of [null, 1, "event", true, [], [event()]]) assertRefused(value, "");
});

Deno.test("findFieldErrors() refuses an unknown field beside the known ones, and says its name", () => {
  assertRefused({ ...event(), level: "info" }, "", /level/);
});

Deno.test("findFieldErrors() wants a text as payload.content, and an object, null or nothing as metadata", () => {
  const withPayload = (payload: unknown) => ({ ...event(), payload });
  assertRefused(withPayload({}), "payload.content");
  assertRefused(withPayload({ content: 1 }), "payload.content");
  assertRefused(withPayload({ content: null }), "payload.content");
  for (const metadata of ["x", 1, [1]]) {
    assertRefused(withPayload({ content: "", metadata }), "payload.metadata");
  }
  for (const metadata of [undefined, null, {}, { a: { b: [null] } }]) {
    assert.deepEqual(errorsOf(withPayload({ content: "", metadata })), []);
  }
});

Deno.test("findFieldErrors() takes any further field of a payload", () => {
  const payload = { content: "x", level: 3, tags: ["a", null], nested: { "": false } };
  assert.deepEqual(errorsOf(event({ payload })), []);
});

Deno.test("findFieldErrors() takes instants of the years 1 to 9999 with a zone", () => {
  for (const timestamp of GOOD_TIMESTAMPS) {
    assert.deepEqual(errorsOf(event({ timestamp })), [], timestamp);
  }
});

Deno.test("findFieldErrors() refuses a timestamp that is none, has no zone, or is out of PostgreSQL's range", () => {
  for (const timestamp of BAD_TIMESTAMPS) {
    const errors = errorsOf(event({ timestamp }));
    assert.deepEqual(errors.map(({ path }) => path), ["timestamp"], JSON.stringify(timestamp));
  }
});

Deno.test("findFieldErrors() finds U+0000 in any text of an event", () => {
  for (const name of NAMES) assertRefused(event({ [name]: "a\0b" }), name, /U\+0000/);
  const places = {
    '{"content":"\\u0000"}': "payload.content",
    '{"content":"","a":{"b":[1,["\\u0000"]]}}': "payload.a.b.1.0",
    '{"content":"","metadata":{"k":"x\\u0000"}}': "payload.metadata.k",
    '{"content":"","a":"\\\\\\u0000"}': "payload.a",
  };
  for (const [payload, path] of Object.entries(places)) {
    assertPayloadRefused(payload, path, /U\+0000/);
  }
});

Deno.test("findFieldErrors() finds U+0000 in the name of a member", () => {
  assertPayloadRefused('{"content":"","a\\u0000":1}', "payload.a\0", /U\+0000/);
  assertPayloadRefused('{"content":"","m":[{"\\u0000":{}}]}', "payload.m.0.\0", /U\+0000/);
  assertPayloadRefused('{"content":"","__proto__":"\\u0000"}', "payload.__proto__", /U\+0000/);
});

Deno.test("findFieldErrors() finds lone surrogates, first halves and second halves, in upper and lower case", () => {
  for (const half of ["\\ud800", "\\uDBFF", "\\udc00", "\\uDFFF", "\\ude00\\ud83d", "\\ud83dx"]) {
    assertPayloadRefused(`{"content":"${half}"}`, "payload.content", /surrogate/);
    const errors = errorsOfText(`[${eventJson(`{"content":"","m":{"${half}":1}}`)}]`);
    assert.match(errors[0]!.message, /surrogate/);
  }
  for (const name of NAMES) assertRefused(event({ [name]: "\ud800" }), name, /surrogate/);
});

Deno.test("findFieldErrors() takes surrogates in pairs and backslashes that only look like an escape", () => {
  for (
    const content of [
      "\\ud83d\\ude00",
      "\\uD83D\\uDE00",
      "\\\\u0000",
      "\\\\\\\\u0000",
      "\\\\ud800",
      "u0000",
      "\\u0001",
      "\\uffff",
    ]
  ) {
    assert.deepEqual(errorsOfText(`[${eventJson(`{"content":"${content}"}`)}]`), [], content);
  }
});

Deno.test("findFieldErrors() finds U+0000 in a member that a later one of the same name hides", () => {
  for (
    const payload of [
      '{"content":"\\u0000","content":"x"}',
      '{"content":"x","m":{"a":["\\\\\\u0000"],"a":1}}',
      '{"content":"x","m":{"\\u0000":1},"m":1}',
    ]
  ) {
    const errors = errorsOfText(`[${eventJson(payload)}]`);
    assert.equal(errors.length, 1, payload);
    assert.match(errors[0]!.message, /U\+0000/);
  }
});

Deno.test("findFieldErrors() refuses a payload that nests deeper than the bound", () => {
  // The event is one level, its payload another.
  const nested = (levels: number, open: string, close: string) =>
    `{"content":"x","v":${open.repeat(levels)}1${close.repeat(levels)}}`;
  for (const [open, close] of [["[", "]"], ['{"v":', "}"]] as const) {
    const deepest = nested(MAX_PAYLOAD_DEPTH - 1, open, close);
    assert.deepEqual(errorsOfText(`[${eventJson(deepest)}]`), []);
    for (const levels of [MAX_PAYLOAD_DEPTH, 50_000]) {
      const [error] = errorsOfText(`[${eventJson(nested(levels, open, close))}]`);
      assert.match(error!.message, /deeper than 100/);
      assert.match(error!.path, /^payload\.v\.[0v]/);
      assert.ok(error!.path.length < 200, "the path stays readable");
    }
  }
});

Deno.test("findFieldErrors() refuses a number beyond the range of a double, wherever it stands", () => {
  const places = {
    '{"content":"","n":NUMBER}': "payload.n",
    '{"content":"","a":[0,{"b":[NUMBER]}]}': "payload.a.1.b.0",
    '{"content":"","metadata":{"k":NUMBER}}': "payload.metadata.k",
  };
  for (const [payload, path] of Object.entries(places)) {
    for (const number of ["1e309", "-1E+400", "1e200000", `1${"0".repeat(309)}`]) {
      assertPayloadRefused(payload.replace("NUMBER", number), path, /range of a double/);
    }
    for (const number of ["1.7976931348623157e308", "-1e308", "5e-324", "1e-400", "0"]) {
      assert.deepEqual(errorsOfText(`[${eventJson(payload.replace("NUMBER", number))}]`), []);
    }
  }
});

Deno.test("findFieldErrors() gives each error the position of its event and the path within", () => {
  const errors = errorsOf(
    event(),
    event({ topic: "", timestamp: "yesterday" }),
    event(),
    { ...event(), payload: { content: 1 } },
  );
  assert.deepEqual(errors.map(({ index, path }) => [index, path]), [
    [1, "topic"],
    [1, "timestamp"],
    [3, "payload.content"],
  ]);
});

Deno.test("findFieldErrors() lists no more errors than the bound, the first ones", () => {
  const one = errorsOf(...Array(MAX_FIELD_ERRORS).fill(event({ topic: "" })));
  assert.equal(one.length, MAX_FIELD_ERRORS);
  const three = event({ topic: "", event_id: "", source: "" });
  const many = errorsOf(...Array(MAX_FIELD_ERRORS).fill(three));
  assert.equal(many.length, MAX_FIELD_ERRORS);
  assert.equal(many[0]!.index, 0);
  assert.equal(many.at(-1)!.index, Math.floor((MAX_FIELD_ERRORS - 1) / 3));
});

Deno.test("findFieldErrors() finds a lone surrogate that a later member of the same name hides", () => {
  const [error, ...others] = errorsOfText(
    `[${eventJson('{"content":"\\ud800","content":"x"}')}]`,
  );
  assert.match(error!.message, /lone surrogate, in a member that is named twice/);
  assert.deepEqual(others, []);
});

Deno.test("findFieldErrors() answers with less than it was asked", () => {
  const unknown = Object.fromEntries(Array.from({ length: 10_000 }, (_, n) => [`field ${n}`, n]));
  const errors = errorsOf({ ...event(), ...unknown });
  assert.ok(JSON.stringify(errors).length < 2_000);
});

/** Applies one valid event and gives back what `GET /events` shows of it. */
async function storedForm(sql: Sql, id: number, json: string): Promise<string> {
  assert.deepEqual(errorsOfText(`[${json}]`), [], json.slice(0, 200));
  const { received, stored } = await apply(sql, JOURNAL, 1, [entry(id, [json])]);
  assert.deepEqual([received, stored], [1, 1], json.slice(0, 200));
  const { events: [shown] } = await readEvents(sql, { order: "desc" }, 1);
  return shown!;
}

const JOURNAL = "00000000-0000-4000-8000-000000000001";

Deno.test("PostgreSQL keeps the instant of every timestamp that validation accepts, to the microsecond", async () => {
  await using database = await postgres.database();
  for (const [at, timestamp] of GOOD_TIMESTAMPS.entries()) {
    const shown = JSON.parse(
      await storedForm(database.sql, at + 1, JSON.stringify(event({ timestamp }))),
    );
    const toMilliseconds = (text: string) => Date.parse(text.replace(/(\.\d{3})\d+/, "$1"));
    assert.equal(toMilliseconds(shown.timestamp), toMilliseconds(timestamp), timestamp);
    const microseconds = /\.\d{6}/.exec(timestamp)?.[0];
    // Digits beyond the microsecond are rounded.
    if (microseconds !== undefined && !timestamp.includes("789Z")) {
      assert.ok(shown.timestamp.includes(microseconds), shown.timestamp);
    }
  }
});

Deno.test("PostgreSQL keeps every digit of a number that validation accepts", async () => {
  await using database = await postgres.database();
  const numbers: Record<string, string> = {
    "12345678901234567890.123456789": "12345678901234567890.123456789",
    "9007199254740993": "9007199254740993",
    "-0.1000": "-0.1000",
    "1e300": `1${"0".repeat(300)}`,
    "-1.5E+3": "-1500",
    "1e-20": "0.00000000000000000001",
    "1e308": `1${"0".repeat(308)}`,
    "-1.7976931348623157081e308": `-17976931348623157081${"0".repeat(289)}`,
  };
  for (const [at, [written, kept]] of Object.entries(numbers).entries()) {
    const json = eventJson(`{"content":"","n":${written}}`);
    const shown = await storedForm(database.sql, at + 1, json);
    assert.match(shown, new RegExp(`"n": ?${kept.replaceAll(".", "\\.")}[,}]`), written);
  }
});

Deno.test("PostgreSQL keeps every text that validation accepts, in names, payloads and member names", async () => {
  await using database = await postgres.database();
  const texts = [
    "😀👩‍👩‍👧‍👦🇮🇩",
    "שלום עולם \u202emixed\u202c مرحبا",
    "e\u0301 é \u{1d11e}",
    "\u0001\t\r\n\u007f\u0085\u2028\u2029",
    "\ufeff\ufffe\uffff\u{10ffff}",
    "<script>alert(1)</script> ' \" \\ \\u0000 ${x} %s $1",
    "; drop table processed_events; --",
    "\u{10ffff}".repeat(MAX_NAME_CHARACTERS),
  ];
  for (const [at, text] of texts.entries()) {
    const sent = event({
      topic: text,
      event_id: text,
      source: text,
      payload: { content: text, [text]: [text] },
    });
    const { seq: _, received_at: __, timestamp: ___, ...shown } = JSON.parse(
      await storedForm(database.sql, at + 1, JSON.stringify(sent)),
    );
    const { timestamp: ____, ...rest } = sent;
    assert.deepEqual(shown, rest);
  }
});

Deno.test("PostgreSQL holds the largest and the oddest events that validation accepts", async () => {
  await using database = await postgres.database();
  const deep = `${"[".repeat(MAX_PAYLOAD_DEPTH - 1)}${"]".repeat(MAX_PAYLOAD_DEPTH - 1)}`;
  const members = Array.from({ length: 20_000 }, (_, n) => `"k${n}":${n}`).join(",");
  const payloads = [
    `{"content":"","v":${deep}}`,
    `{"content":"",${members}}`,
    `{"content":"","${"k".repeat(100_000)}":"${"v".repeat(1_000_000)}"}`,
    '{"content":"first","content":"last"}',
    '{"content":"","__proto__":{"a":1},"constructor":null,"":""}',
    '{ "content" :\t"",\r\n"v" : [ ] }',
    '{"content":"\\u0061\\/\\b\\f\\n\\r\\t\\"\\\\"}',
  ];
  for (const [at, payload] of payloads.entries()) {
    const shown = await storedForm(database.sql, at + 1, eventJson(payload));
    assert.deepEqual(JSON.parse(shown).payload, JSON.parse(payload));
  }
});

Deno.test("PostgreSQL refuses, as a fault of the data, what validation does not look for", async () => {
  await using database = await postgres.database();
  const nested = `${"[".repeat(100_000)}${"]".repeat(100_000)}`;
  const refused = {
    '{"content":"","n":1e-16384}': "22003",
    [`{"content":"","n":0.${"0".repeat(16_383)}1}`]: "22003",
    '{"content":"","n":1e200000,"n":1}': "22003",
    [`{"content":"","v":${nested},"v":1}`]: "54001",
  };
  for (const [payload, code] of Object.entries(refused)) {
    assert.deepEqual(errorsOfText(`[${eventJson(payload)}]`), []);
    await assert.rejects(database.sql`select ${payload}::text::jsonb`, (error) => {
      assert.ok(isDataError(error));
      assert.equal((error as { code?: string }).code, code);
      return true;
    });
  }
  await storedForm(database.sql, 1, eventJson('{"content":"","n":1e-16383}'));
});

Deno.test("PostgreSQL and validation see the same field where a name comes twice or is escaped", async () => {
  await using database = await postgres.database();
  const { payload, ...head } = event({ event_id: "last" });
  const rest = JSON.stringify({ ...head, payload }).slice(1);
  const twice = `{"topic":{"not":"a name"},"timestamp":"never","event_id":"first",${rest}`;
  const first = JSON.parse(await storedForm(database.sql, 1, twice));
  assert.deepEqual([first.topic, first.event_id], ["app.log", "last"]);
  const escaped = JSON.stringify(event({ topic: "b" })).replace('"topic"', '"t\\u006fpic"');
  assert.equal(JSON.parse(await storedForm(database.sql, 2, escaped)).topic, "b");
});

Deno.test("whatever random events validation accepts, PostgreSQL stores unchanged", async () => {
  await using database = await postgres.database();
  const random = newRandom();
  const made: Event[] = Array.from({ length: 1_500 }, () =>
    event({
      topic: randomText(random, 20) || "x",
      source: randomText(random, 20) || "x",
      payload: { content: randomText(random, 40), v: randomValue(random, 5) },
    }));
  const accepted = made.filter((one) => errorsOf(one).length === 0);
  const refused = made.length - accepted.length;
  assert.ok(refused > 50 && accepted.length > 500, `${refused} of ${made.length} refused`);

  const { received, stored } = await apply(database.sql, JOURNAL, 1, [entry(1, accepted)]);
  assert.deepEqual([received, stored], [accepted.length, accepted.length]);
  const { events: shown } = await readEvents(database.sql, { order: "asc" }, accepted.length);
  const byId = new Map(shown.map((json) => JSON.parse(json)).map((one) => [one.event_id, one]));
  for (const { timestamp: _, ...sent } of JSON.parse(JSON.stringify(accepted)) as Event[]) {
    const { timestamp: __, received_at: ___, seq: ____, ...stored } = byId.get(sent.event_id);
    assert.deepEqual(stored, sent);
  }
});

/** Text with many characters that something might stumble over; some are what PostgreSQL cannot hold. */
function randomText(random: Random, most: number): string {
  const units = Array.from({ length: random.below(most) }, () =>
    random.pick([
      () => String.fromCharCode(0x20 + random.below(0x5f)),
      () => random.pick(["\\", '"', "\\u0000", "{", "}", "[", "]", ",", "'", "\n", "$1"]),
      () => String.fromCodePoint(0x1f300 + random.below(0x300)),
      () => String.fromCharCode(0x590 + random.below(0x200)),
      () => String.fromCharCode(1 + random.below(0xd7fe)),
      () => random.below(60) === 0 ? String.fromCharCode(0xd800 + random.below(0x800)) : "",
      () => random.below(60) === 0 ? "\0" : "",
    ])());
  return units.join("");
}

function randomValue(random: Random, depth: number): unknown {
  const leaves = [
    () => randomText(random, 12),
    () => random.below(2 ** 31) / 64,
    () => -random.below(100) * 10 ** random.below(15),
    () => random.pick([null, true, false, 0, 1e21, 5e-7, 1.7976931348623157e308]),
  ];
  const branches = [
    () => Array.from({ length: random.below(4) }, () => randomValue(random, depth - 1)),
    () =>
      Object.fromEntries(
        Array.from(
          { length: random.below(4) },
          () => [randomText(random, 6), randomValue(random, depth - 1)],
        ),
      ),
  ];
  return random.pick(depth === 0 ? leaves : [...leaves, ...branches])();
}
