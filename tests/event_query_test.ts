/**
 * What does the query string of `GET /events` mean, what of it is refused, and where does the link to
 * the next page lead?
 */
import assert from "node:assert/strict";
import { ProblemError } from "../lib/errors.ts";
import { nextLink, parseEventQuery, toCursor } from "../lib/event_query.ts";
import { DEFAULT_PAGE_EVENTS, MAX_PAGE_EVENTS } from "../lib/limits.ts";

const parse = (query: string) => parseEventQuery(new URLSearchParams(query));

/** Only what was asked for, and the order. */
const filters = (query: string) =>
  Object.fromEntries(Object.entries(parse(query).query).filter(([, value]) => value !== undefined));

/** Asserts that a query is refused with 400 and a line that names the parameter. */
function assertRefused(query: string, name: string) {
  assert.throws(() => parse(query), (error) => {
    assert.ok(error instanceof ProblemError, String(error));
    assert.equal(error.status, 400, query);
    assert.match(error.detail!, new RegExp(`^${name} `));
    return true;
  }, query);
}

Deno.test("parseEventQuery() wants all events, the latest first, where nothing is asked for", () => {
  assert.deepEqual(filters(""), { order: "desc" });
  assert.equal(parse("").limit, undefined);
});

Deno.test("parseEventQuery() reads every parameter", () => {
  const query = "topic=app.%3E&source=web-1&from=2026-11-01&to=2026-11-22T09:30:00%2B07:00" +
    "&q=50%25+off&order=asc&limit=20&cursor=4711";
  assert.deepEqual(filters(query), {
    topic: "app.>",
    source: "web-1",
    from: "2026-11-01",
    to: "2026-11-22T09:30:00+07:00",
    q: "50% off",
    order: "asc",
    after: { seq: 4711, timestamp: undefined },
  });
  assert.equal(parse(query).limit, 20);
});

Deno.test("parseEventQuery() refuses a parameter that it does not know, or that comes twice", () => {
  assertRefused("topics=a", "topics");
  assertRefused("limit=1&LIMIT=2", "LIMIT");
  assertRefused("topic=a&topic=b", "topic");
});

Deno.test("parseEventQuery() takes a limit from 1 to the largest page and refuses others", () => {
  assert.equal(parse("limit=1").limit, 1);
  assert.equal(parse(`limit=${MAX_PAGE_EVENTS}`).limit, MAX_PAGE_EVENTS);
  for (const limit of ["0", String(MAX_PAGE_EVENTS + 1), "-1", "1.5", "ten", "", "1e2"]) {
    assertRefused(`limit=${limit}`, "limit");
  }
});

Deno.test("parseEventQuery() refuses a cursor that no page can have given", () => {
  for (
    const cursor of ["0", "-1", "x", "", "99999999999999999999", "1;drop", "1@2026-11-22T09:30:00Z"]
  ) {
    assertRefused(`cursor=${cursor}`, "cursor");
  }
  for (const cursor of ["1", "1@", "1@yesterday", "x@2026-11-22T09:30:00Z"]) {
    assertRefused(`order=time_asc&cursor=${cursor}`, "cursor");
  }
});

Deno.test("parseEventQuery() reads back what toCursor() makes", () => {
  const position = { seq: 4711, timestamp: "2026-11-22T09:30:00.123456+00:00" };
  const query = new URLSearchParams({ order: "time_desc", cursor: toCursor(position) });
  assert.deepEqual(parse(query.toString()).query.after, position);
});

Deno.test("parseEventQuery() refuses an order that there is not", () => {
  for (const order of ["ASC", "random", ""]) assertRefused(`order=${order}`, "order");
});

Deno.test("parseEventQuery() refuses from and to that are no instants, or have no zone", () => {
  for (const name of ["from", "to"]) {
    for (
      const instant of [
        "yesterday",
        "",
        "2026-02-30",
        "2026-11-22T09:30:00",
        "1763803800",
        "0000-01-01",
        "2026-11-22T09:30:00%2B16:00",
        `2026-11-22T09:30:00.${"1".repeat(300)}Z`,
      ]
    ) {
      assertRefused(`${name}=${instant}`, name);
    }
  }
});

Deno.test("parseEventQuery() refuses a parameter that is too long", () => {
  assertRefused(`topic=${"a.*.".repeat(20_000)}`, "topic");
});

Deno.test("parseEventQuery() refuses U+0000, which PostgreSQL cannot take", () => {
  for (const name of ["topic", "source", "q"]) assertRefused(`${name}=a%00b`, name);
});

Deno.test("nextLink() keeps the query, and names the cursor and the limit", () => {
  const link = nextLink(new URL("http://host:8080/events?topic=a+b&q=%25&cursor=9&order=asc"), 42);
  const [, target] = /^<([^>]+)>; rel="next"$/.exec(link)!;
  const url = new URL(target!, "http://host:8080");
  assert.equal(url.pathname, "/events");
  assert.deepEqual(Object.fromEntries(url.searchParams), {
    topic: "a b",
    q: "%",
    cursor: "42",
    order: "asc",
    limit: String(DEFAULT_PAGE_EVENTS),
  });
});

Deno.test("nextLink() leads to a query that parseEventQuery() takes", () => {
  const link = nextLink(new URL("http://host/events?topic=%3E&limit=7"), 42);
  const [, query] = /\?([^>]+)>/.exec(link)!;
  const { query: { topic, after }, limit } = parse(query!);
  assert.deepEqual([topic, after?.seq, limit], [">", 42, 7]);
});
