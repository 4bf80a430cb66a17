/**
 * Does one trace show an event's whole path, over the queue and its threads?
 */
import assert from "node:assert/strict";
import { type CollectedSpan, type Collector, startCollector } from "../helpers/collector.ts";
import { usePostgres } from "../helpers/database.ts";
import { event, events } from "../helpers/events.ts";
import { type Service, startService, temporaryDirectory } from "../helpers/service.ts";

const postgres = usePostgres();

/** A test against a service that exports its traces. */
function test(name: string, body: (service: Service, collector: Collector) => Promise<void>) {
  Deno.test(name, async () => {
    await using database = await postgres.database({ migrated: false });
    await using data = await temporaryDirectory();
    await using collector = startCollector();
    await using service = await startService({
      DATABASE_URL: database.url,
      DATA_DIR: data.path,
      ...collector.env,
    });
    await body(service, collector);
  });
}

/** Publishes as a part of somebody's trace. */
async function publish({ url }: Service, traceparent: string, body: unknown) {
  const response = await fetch(`${url}/publish`, {
    method: "POST",
    headers: { "content-type": "application/json", traceparent },
    body: JSON.stringify(body),
  });
  assert.equal(response.status, 202, await response.text());
}

const newTrace = () => crypto.randomUUID().replaceAll("-", "");
const CALLER = "00f067aa0ba902b7";

const attribute = (span: CollectedSpan, key: string) =>
  span.attributes.find((attribute) => attribute.key === key)?.value;

test(
  "one trace shows request, journal, delivery and transaction, under the caller's span",
  async (service, collector) => {
    const traceId = newTrace();
    const sent = events(3);
    await publish(service, `00-${traceId}-${CALLER}-01`, [...sent, sent[0]]);
    const ours = () => collector.spans.filter((span) => span.traceId === traceId);
    await collector.until(() => ours().length >= 4);
    const names = ["POST /publish", "journal", "delivery", "transaction"];
    const [request, journal, delivery, transaction] = names.map((name) =>
      ours().find((span) => span.name === name) ?? assert.fail(`no ${name}`)
    ) as [CollectedSpan, CollectedSpan, CollectedSpan, CollectedSpan];
    assert.equal(ours().length, 4);
    assert.equal(request.parentSpanId, CALLER);
    assert.equal(journal.parentSpanId, request.spanId);
    assert.equal(delivery.parentSpanId, journal.spanId);
    assert.equal(transaction.parentSpanId, delivery.spanId);
    assert.deepEqual(attribute(request, "http.route"), { stringValue: "/publish" });
    assert.deepEqual(
      ["received", "stored", "duplicates"].map((name) => attribute(transaction, `sekali.${name}`)),
      [{ doubleValue: 4 }, { doubleValue: 3 }, { doubleValue: 1 }],
    );
  },
);

test(
  "a delivery of many requests stands in the first one's trace and links to the others",
  async (service, collector) => {
    const traces = Array.from({ length: 12 }, newTrace);
    await Promise.all(
      traces.map((traceId) => publish(service, `00-${traceId}-${CALLER}-01`, event())),
    );
    const ours = (name: string) =>
      collector.spans.filter((span) => span.name === name && traces.includes(span.traceId));
    const told = () =>
      ours("delivery").flatMap(({ parentSpanId, links }) => [
        parentSpanId,
        ...links.map(({ spanId }) => spanId),
      ]);
    await collector.until(() => told().length >= traces.length && ours("journal").length >= 12);
    assert.ok(ours("delivery").length < traces.length, "some share a delivery");
    const journals = ours("journal").map(({ spanId }) => spanId);
    assert.deepEqual(told().toSorted(), journals.toSorted());
  },
);

test("a trace that its caller does not sample is not exported", async (service, collector) => {
  const [unsampled, sampled] = [newTrace(), newTrace()];
  await publish(service, `00-${unsampled}-${CALLER}-00`, event());
  await service.settled();
  await publish(service, `00-${sampled}-${CALLER}-01`, event());
  await collector.until((spans) => spans.some(({ name }) => name === "transaction"));
  assert.deepEqual(collector.spans.filter(({ traceId }) => traceId === unsampled), []);
});
