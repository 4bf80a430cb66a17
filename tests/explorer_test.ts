import assert from "node:assert/strict";
import { ProblemError } from "../lib/errors.ts";
import { parseExplorer } from "../lib/explorer.ts";

const NOW = Date.parse("2026-11-22T09:30:00Z");

const parse = (query: string) => parseExplorer(new URLSearchParams(query), NOW);

Deno.test("a field that was left empty asks for nothing", () => {
  const { query, seq, api } = parse("q=&topic=a&source=&last=&from=&to=&order=asc");
  assert.deepEqual([query.topic, query.q, query.order, seq], ["a", undefined, "asc", undefined]);
  assert.equal(api.toString(), "topic=a&order=asc");
});

Deno.test("a range that ends now is counted back from now, unless exact times are given", () => {
  assert.equal(parse("last=1h").query.from, "2026-11-22T08:30:00.000Z");
  assert.equal(parse("last=1h&from=2026-11-01").query.from, "2026-11-01");
});

Deno.test("programs are led to the same events without the page's own parameters", () => {
  assert.equal(
    parse("last=15m&seq=5&cursor=9&q=x").api.toString(),
    "q=x&from=2026-11-22T09%3A15%3A00.000Z",
  );
});

for (
  const query of ["colour=red", "last=2h", "seq=0", "from=yesterday", "format=csv", "seq=1&seq=2"]
) {
  Deno.test(`${query} is refused`, () => {
    assert.throws(
      () => parse(query),
      (error) => error instanceof ProblemError && error.status === 400,
    );
  });
}
