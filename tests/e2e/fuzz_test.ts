/**
 * Twenty thousand requests that nobody should send change nothing: no failure, no crash, nothing stored,
 * no memory kept.
 */
import assert from "node:assert/strict";
import fc from "fast-check";
import { PROBLEMS } from "../../lib/problems.ts";
import { type Odd, oddRequests, routePaths, toBytes } from "../helpers/fuzz.ts";
import { connectTo, type RawAnswer, readAnswer, writeAll } from "../helpers/http.ts";
import { type Service, until } from "../helpers/service.ts";
import { useService } from "../helpers/service_tests.ts";

const test = useService();

const REQUESTS = 20_000;
const CONNECTIONS = 24;

/** After so many of them memory is looked at for the first time. */
const WARM_UP = REQUESTS / 4;

/** So much more memory may remain than then: less than 9 KB a request. */
const MAX_GROWTH_BYTES = 128 * 1024 * 1024;

/** Longer than this, fetch finds a URL invalid. */
const MAX_FETCH_CHARACTERS = 60_000;

const TYPES = new Set(Object.keys(PROBLEMS).map((name) => `/docs#problem-${name}`));

/** Each of these is the answer to some of them: requests of every kind are among them. */
const KINDS = [200, 204, 303, 400, 403, 404, 405, 414, 415, 422];

/** The same requests each time; `FUZZ_SEED` makes others. */
const SEED = 2_024_748_087;

test(`${REQUESTS} malformed requests of all kinds: no 5xx, no crash, nothing stored, no memory kept`, async (service) => {
  const seed = Number(Deno.env.get("FUZZ_SEED") ?? SEED);
  console.log(`seed ${seed}`);
  const paths = await routePaths(new URL("../../routes/", import.meta.url));
  assert.ok(paths.includes("/publish") && paths.includes("/events/[topic]/[event_id]"));
  const requests = fc.sample(oddRequests(paths), { seed, numRuns: REQUESTS });

  const statuses = new Map<number, number>();
  const warm = await throwAt(service, requests.slice(0, WARM_UP), statuses)
    .then(() => residentBytes(service));
  await throwAt(service, requests.slice(WARM_UP), statuses);
  console.log(statuses);
  for (const status of KINDS) assert.ok(statuses.has(status), `none was answered ${status}`);

  await until(() => residentBytes(service), (bytes) => bytes - warm < MAX_GROWTH_BYTES);
  const stats = await service.get("/stats");
  const { received, unique_processed, duplicate_dropped, dead_letters, pending } = stats;
  assert.deepEqual(
    [received, unique_processed, duplicate_dropped, dead_letters, pending],
    [0, 0, 0, 0, 0],
  );
  assert.deepEqual(await service.get("/events"), []);
});

/** Sends requests over many connections at once, and judges each answer. */
async function throwAt(service: Service, requests: Odd[], statuses: Map<number, number>) {
  const waiting = requests.entries();
  const run = async () => {
    for (const [at, request] of waiting) {
      const answer = at % 4 === 0 ? await byFetch(service, request) : undefined;
      const { status } = judge(request, answer ?? await byHand(service, request, at % 3 === 0));
      statuses.set(status, (statuses.get(status) ?? 0) + 1);
    }
  };
  await Promise.all(Array.from({ length: CONNECTIONS }, run));
}

/** Asserts that an answer is fit for a malformed request. */
function judge(request: Odd, answer: RawAnswer): RawAnswer {
  const { status, headers, body } = answer;
  const about =
    `${JSON.stringify({ ...request, body: request.body.toBase64() }).slice(0, 2_000)} ` +
    `was answered ${status} ${body.slice(0, 500)}`;
  assert.ok(status >= 200, about);
  // The head is none: the runtime answers by itself, without a word.
  if (status === 400 && !headers.has("x-request-id")) return answer;
  assert.ok(headers.has("x-request-id"), about);
  assert.match(headers.get("content-security-policy") ?? "", /frame-ancestors 'none'/, about);
  if (status < 400) return answer;
  const type = headers.get("content-type")!;
  if (type.startsWith("text/html")) {
    assert.ok(status < 500 || status === 503, about);
    return answer;
  }
  assert.equal(type, "application/problem+json", about);
  if (request.method === "HEAD") {
    assert.ok(status < 500 || status === 503, about);
    return answer;
  }
  const problem = JSON.parse(body);
  assert.ok(TYPES.has(problem.type), about);
  // As many exports as may at once is the one thing that runs out here.
  assert.ok(status < 500 || problem.type === "/docs#problem-too-many-exports", about);
  assert.equal(problem.status, status, about);
  if (status === 405) assert.ok(headers.has("allow"), about);
  return answer;
}

/** @returns undefined for a request that fetch would not send, or that was answered before all of it was sent */
async function byFetch(service: Service, odd: Odd): Promise<RawAnswer | undefined> {
  const { method, target, headers, body } = odd;
  let request: Request;
  try {
    if (!target.startsWith("/") || target.length > MAX_FETCH_CHARACTERS) return undefined;
    request = new Request(new URL(service.url + target), {
      method,
      headers: headers.map(([name, value]): [string, string] => [name, value]),
      body: /^(?:GET|HEAD)$/i.test(method) ? null : body as BodyInit,
      redirect: "manual",
    });
  } catch {
    return undefined;
  }
  const response = await fetch(request).catch(() => undefined);
  if (response === undefined) return undefined;
  const endless = response.headers.get("content-type")?.startsWith("text/event-stream");
  const text = endless ? (await response.body?.cancel(), "") : await response.text();
  return { status: response.status, headers: response.headers, body: text };
}

/** Over a connection of its own, to the byte. */
async function byHand(service: Service, odd: Odd, chunked: boolean): Promise<RawAnswer> {
  using connection = await connectTo(service.url);
  try {
    await writeAll(connection, toBytes(odd, chunked));
  } catch {
    // It was answered before all of it was sent.
  }
  return await readAnswer(connection, odd.method);
}

async function residentBytes(service: Service): Promise<number> {
  const metrics = await (await fetch(`${service.url}/metrics`)).text();
  return Number(/^process_resident_memory_bytes (\S+)$/m.exec(metrics)![1]);
}
