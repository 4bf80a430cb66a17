/**
 * Prometheus' text format, read strictly: what its own parser lets pass, and its linter would not, is
 * an error here as well.
 */
import assert from "node:assert/strict";

/** All series of a text, `name{labels}` to value. */
export type Series = ReadonlyMap<string, number>;

const LABEL = String.raw`[a-zA-Z_]\w*="(?:[^"\\\n]|\\[\\"n])*"`;
const SAMPLE = new RegExp(
  String.raw`^([a-zA-Z_]\w*)(?:\{(${LABEL}(?:,${LABEL})*)\})? (-?\d+(?:\.\d+)?(?:e[+-]?\d+)?)$`,
);

/**
 * Reads a text and checks it: each metric has help and type, once and first; its samples stand
 * together; no series comes twice; names say kind and unit; buckets add up.
 */
export function readMetrics(text: string): Series {
  const series = new Map<string, number>();
  const kinds = new Map<string, string>();
  let name = "", helped = "";
  assert.ok(text.endsWith("\n"), "the last line ends");
  for (const line of text.split("\n").filter((line) => line !== "")) {
    const [, about, of, rest] = /^# (HELP|TYPE) (\S+) (.+)$/.exec(line) ?? [];
    if (about === "HELP") {
      helped = of!;
    } else if (about === "TYPE") {
      name = of!;
      assert.equal(name, helped, "help comes before the type");
      assert.ok(!kinds.has(name), `${name} comes once`);
      assert.equal(rest === "counter", name.endsWith("_total"), `${name} is a ${rest}`);
      if (rest === "histogram") assert.match(name, /_(?:seconds|bytes)$/);
      kinds.set(name, rest!);
    } else {
      const [, metric, labels = "", value] = SAMPLE.exec(line) ?? assert.fail(`what is: ${line}`);
      const suffixes = kinds.get(name) === "histogram" ? ["_bucket", "_sum", "_count"] : [""];
      assert.ok(suffixes.some((suffix) => metric === name + suffix), `${line} is of ${name}`);
      const key = `${metric}{${labels.split(/,(?=[a-zA-Z_]\w*=")/).toSorted().join(",")}}`;
      assert.ok(!series.has(key), `${key} comes once`);
      series.set(key, Number(value));
    }
  }
  for (const [histogram, kind] of kinds) if (kind === "histogram") checkBuckets(series, histogram);
  return series;
}

/** The value of a series; labels in the order of the alphabet. */
export function valueOf(series: Series, name: string, labels = ""): number {
  return series.get(`${name}{${labels}}`) ?? assert.fail(`${name}{${labels}} is not there`);
}

/** Buckets never fall as they widen, and the widest holds all. */
function checkBuckets(series: Series, histogram: string) {
  const widest = new Map<string, number>();
  for (const [key, value] of series) {
    const [, labels] = new RegExp(`^${histogram}_bucket\\{(.*)\\}$`).exec(key) ?? [];
    if (labels === undefined) continue;
    const others = labels.replace(/,?le="[^"]*"/, "").replace(/^,/, "");
    assert.ok(value >= (widest.get(others) ?? 0), `${key} is not less than a narrower one`);
    widest.set(others, value);
  }
  for (const [labels, value] of widest) {
    assert.equal(valueOf(series, `${histogram}_count`, labels), value, `${histogram}{${labels}}`);
  }
}
