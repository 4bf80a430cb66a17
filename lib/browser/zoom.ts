/**
 * Links that narrow a page down to a stretch of time.
 */
import type { Histogram } from "../histogram.ts";

/**
 * The same page for the time of some intervals.
 *
 * @param path of the page, with its query
 * @param first interval, from 0
 * @param last interval, included
 *
 * @example
 * ```ts
 * import { strictEqual } from "node:assert";
 * import { zoomPath } from "./zoom.ts";
 *
 * const histogram = { from: "2026-11-22T09:30:00Z", step_ms: 1000, counts: [], total: 0, complete: true };
 * strictEqual(
 *   zoomPath("/a?q=x&last=1h", histogram, 1, 2),
 *   "/a?q=x&from=2026-11-22T09%3A30%3A01.000Z&to=2026-11-22T09%3A30%3A03.000Z",
 * );
 * ```
 */
export function zoomPath(path: string, histogram: Histogram, first: number, last: number): string {
  const { from, step_ms } = histogram;
  const [pathname, query] = path.split("?");
  const params = new URLSearchParams(query);
  for (const name of ["last", "cursor", "seq"]) params.delete(name);
  const at = (bucket: number) => new Date(Date.parse(from!) + bucket * step_ms).toISOString();
  params.set("from", at(first));
  params.set("to", at(last + 1));
  return `${pathname}?${params}`;
}
