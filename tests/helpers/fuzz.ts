/**
 * Requests that nobody should send, made from a seed; none of them holds an event that could be stored.
 */
import { Buffer } from "node:buffer";
import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { event } from "./events.ts";

/** One request, before it becomes bytes. */
export interface Odd {
  readonly method: string;
  /** Path and query. */
  readonly target: string;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: Uint8Array;
}

/** Paths of all routes, from their files, parameters as `[name]`. */
export async function routePaths(directory: URL, prefix = ""): Promise<string[]> {
  const paths: string[] = [];
  for await (const { name, isDirectory } of Deno.readDir(directory)) {
    if (name.startsWith("_") || name.startsWith("(")) continue;
    if (isDirectory) {
      paths.push(...await routePaths(new URL(`${name}/`, directory), `${prefix}/${name}`));
    } else {
      const stem = name.replace(/\.tsx?$/, "");
      paths.push(stem === "index" ? prefix || "/" : `${prefix}/${stem}`);
    }
  }
  return paths.sort();
}

const pick = <T>(...values: T[]) => fc.constantFrom(...values);
/** Bytes as they may stand in a target: no space, no control. */
const odd = fc.string({ unit: "grapheme", maxLength: 20 })
  .map((text) => encodeURIComponent(text.toWellFormed()));
const broken = pick(
  "%",
  "%f",
  "%ff",
  "%00",
  "%c3%28",
  "..",
  "%2e%2e",
  "%2F",
  "//",
  "'",
  '"',
  "<x>",
);
const text = fc.oneof(odd, broken, fc.integer().map(String), fc.double().map(String));
const long = pick(300, 1_001, 9_000, 20_000).map((length) => "x".repeat(length));

const NAMES = [
  ..."topic source q from to order limit cursor format types after rate window by partial".split(
    " ",
  ),
  ..."sent action id __frsh_c fresh-partial toString __proto__ x".split(" "),
];
/** Mostly short: a long one is refused before anything looks at it. */
const value = fc.oneof(
  { weight: 12, arbitrary: text },
  { weight: 1, arbitrary: long },
  { weight: 6, arbitrary: pick("", "-1", "1e9") },
);
const param = fc.tuple(fc.oneof({ weight: 4, arbitrary: pick(...NAMES) }, odd), value)
  .map((pair) => pair.join("="));
const query = fc.oneof(
  { weight: 1, arbitrary: pick("") },
  {
    weight: 5,
    arbitrary: fc.array(param, { minLength: 1, maxLength: 4 }).map((all) => `?${all.join("&")}`),
  },
);

const HEADERS = [
  ..."accept accept-encoding authorization cookie prefer last-event-id if-none-match".split(" "),
  ..."range origin access-control-request-method content-encoding x-request-id expect".split(" "),
  ..."traceparent ce-specversion ce-id ce-time x-forwarded-host te upgrade referer".split(" "),
];
const VALUES = [
  ..."text/html;*/*;application/x-ndjson;text/csv;wait=1e9;wait=-1;wait=;respond-async".split(";"),
  ..."gzip;deflate;gzip, gzip;br;1.0;0.3;-1;18446744073709551616;*;W/;bytes=0-;theme=".split(";"),
  ..."Bearer;Bearer x;Basic Og==;sekali=%ff;http://evil.example;null;trailers;00-0-0-0".split(";"),
];
/** Latin-1, without what ends a line. */
const latin = fc.string({
  unit: fc.integer({ min: 0x20, max: 0xff }).filter((code) => code !== 0x7f)
    .map((code) => String.fromCharCode(code)),
  maxLength: 30,
});
const header = fc.tuple(pick(...HEADERS), fc.oneof(pick(...VALUES), latin, long));
const headers = fc.oneof(
  { weight: 9, arbitrary: fc.array(header, { maxLength: 4 }) },
  { weight: 1, arbitrary: fc.array(header, { minLength: 90, maxLength: 120 }) },
);

/** Mostly those that are read. */
const type = fc.oneof(
  {
    weight: 5,
    arbitrary: pick(
      "application/json",
      "application/x-ndjson",
      "application/cloudevents+json",
      "application/cloudevents-batch+json",
      "application/x-www-form-urlencoded",
    ),
  },
  pick("application/json; charset=utf-7", "text/plain", "", "multipart/form-data"),
);
const good = event({ event_id: "odd" });
const valid = JSON.stringify(good);
/** An event with one thing wrong. */
const spoilt = fc.oneof(
  pick(...Object.keys(good)).map((name) => ({ ...good, [name]: undefined })),
  fc.tuple(pick(...Object.keys(good)), pick<unknown>(null, 7, [], {}, true, "", "\0", "\ud800"))
    .map(([name, value]) => ({ ...good, [name]: value })),
  pick(256, 70_000).map((length) => ({ ...good, topic: "x".repeat(length) })),
  pick("2026-13-01T00:00:00Z", "now", "0000-00-00").map((timestamp) => ({ ...good, timestamp })),
).map((value) => JSON.stringify(value));
const nested = pick(101, 3_000, 100_000).map((depth) =>
  valid.replace(/\}\}$/, `,"deep":${"[".repeat(depth)}${"]".repeat(depth)}}}`)
);
const json = fc.oneof(
  spoilt,
  fc.array(spoilt, { minLength: 1, maxLength: 5 }).map((all) => `[${all}]`),
  fc.array(spoilt, { minLength: 1, maxLength: 5 }).map((all) => all.join("\n")),
  fc.integer({ min: 1, max: valid.length - 1 }).map((length) => valid.slice(0, length)),
  nested,
  // Names no topic, which is as good as a valid event goes.
  fc.jsonValue().map((value) => JSON.stringify(value)),
  pick(
    "",
    "[]",
    "[[]]",
    "NaN",
    "1e999",
    "\ufeff{}",
    '{"__proto__":{}}',
    "[,]",
    "action=delete&id=1",
  ),
  fc.constant(valid).map((one) => one.replace(/\}\}$/, ',"big":1e400}}')),
);
const body = fc.oneof(
  { weight: 6, arbitrary: json.map((one) => Buffer.from(one)) },
  { weight: 1, arbitrary: fc.uint8Array({ maxLength: 200 }) },
  {
    weight: 2,
    arbitrary: fc.tuple(json, fc.double({ min: 0, max: 1, noNaN: true })).map(([one, part]) => {
      const whole = gzipSync(one);
      return whole.subarray(0, Math.floor(whole.length * part));
    }),
  },
);

const METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "get", "FOO"];

/** Mostly one that the path takes. */
function methodFor(path: string): fc.Arbitrary<string> {
  const taken = path === "/publish"
    ? ["POST"]
    : /publish|dead-letters/.test(path)
    ? ["POST", "GET", "DELETE"]
    : ["GET", "HEAD"];
  return fc.oneof({ weight: 9, arbitrary: pick(...taken) }, pick(...METHODS));
}

/** Requests to all these routes, and beside them. */
export function oddRequests(paths: readonly string[]): fc.Arbitrary<Odd> {
  const path = fc.oneof(
    { weight: 5, arbitrary: pick(...paths) },
    { weight: 4, arbitrary: pick("/publish") },
    {
      weight: 1,
      arbitrary: fc.oneof({ weight: 4, arbitrary: text }, long).map((one) => `/${one}`),
    },
    { weight: 1, arbitrary: pick("/styles.css", "/_fresh/js/x/y.js", "/favicon.ico", "/.", "*") },
  );
  return path.chain(requestTo);
}

function requestTo(path: string): fc.Arbitrary<Odd> {
  const target = fc.tuple(fc.oneof(text, pick("1", "a.b")), query)
    .map(([value, query]) => path.replaceAll(/\[\w+\]/g, () => value) + query);
  return fc.record({
    method: methodFor(path),
    target,
    headers: fc.tuple(headers, type).map(([all, type]) => [
      ...all,
      ...(type === "" ? [] : [["content-type", type] as const]),
    ]),
    body,
  });
}

/** A request as bytes; of those that have a body, some bring it in chunks. */
export function toBytes({ method, target, headers, body }: Odd, chunked: boolean): Uint8Array {
  const has = !/^(?:GET|HEAD|get)$/.test(method) && body.length > 0;
  const lines = [`${method} ${target} HTTP/1.1`, "Host: localhost"];
  for (const [name, value] of headers) lines.push(`${name}: ${value}`);
  if (has) lines.push(chunked ? "Transfer-Encoding: chunked" : `Content-Length: ${body.length}`);
  const head = Buffer.from(`${lines.join("\r\n")}\r\n\r\n`, "latin1");
  if (!has) return head;
  if (!chunked) return Buffer.concat([head, body]);
  const size = Buffer.from(`${body.length.toString(16)}\r\n`);
  return Buffer.concat([head, size, body, Buffer.from("\r\n0\r\n\r\n")]);
}
