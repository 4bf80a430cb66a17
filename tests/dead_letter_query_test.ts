/**
 * What do the URLs of dead letters ask for, and what of it is refused?
 */
import assert from "node:assert/strict";
import { parseDeadLetterId, parseDeadLetterQuery } from "../lib/dead_letter_query.ts";
import { ProblemError } from "../lib/errors.ts";
import { MAX_PAGE_EVENTS } from "../lib/limits.ts";

const parse = (query: string) => parseDeadLetterQuery(new URLSearchParams(query));

/** Whether an error is a problem with this status. */
const problem = (status: number) => (error: unknown) =>
  error instanceof ProblemError && error.status === status;

Deno.test("parseDeadLetterQuery() reads every parameter, and wants all where there is none", () => {
  assert.deepEqual(parse(""), { query: { topic: undefined, after: undefined }, limit: undefined });
  assert.deepEqual(parse(`topic=app.%3E&limit=${MAX_PAGE_EVENTS}&cursor=4711`), {
    query: { topic: "app.>", after: 4711 },
    limit: MAX_PAGE_EVENTS,
  });
});

Deno.test("parseDeadLetterQuery() refuses what it does not know and what is not usable", () => {
  for (
    const query of [
      "source=a",
      "order=asc",
      "topic=a&topic=b",
      "topic=a%00b",
      "limit=0",
      `limit=${MAX_PAGE_EVENTS + 1}`,
      "cursor=0",
      "cursor=x",
    ]
  ) {
    assert.throws(() => parse(query), problem(400), query);
  }
});

Deno.test("parseDeadLetterId() takes positive safe integers; nothing else can be found", () => {
  assert.equal(parseDeadLetterId("1"), 1);
  assert.equal(parseDeadLetterId(String(Number.MAX_SAFE_INTEGER)), Number.MAX_SAFE_INTEGER);
  const others = ["0", "-1", "+1", "01", "1.0", "1e3", "0x1", " 1", "", "x", "9007199254740992"];
  for (const text of [...others, undefined]) {
    assert.throws(() => parseDeadLetterId(text), problem(404), text);
  }
});
