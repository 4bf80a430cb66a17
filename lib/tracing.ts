/**
 * One trace over the whole path: request → journal → delivery → transaction.
 *
 * Deno makes the span of the request and exports all of them, where `OTEL_DENO=true`. Over the queue,
 * which holds no context, a trace goes as its `traceparent`, with the entries and then with the
 * doorbell. A delivery holds many requests: it stands in the trace of the first, and links to the
 * others.
 */
import {
  type Attributes,
  type Context,
  type Link,
  ROOT_CONTEXT,
  type Span,
  type SpanContext,
  SpanKind,
  type SpanOptions,
  SpanStatusCode,
  trace,
  TraceFlags,
} from "@opentelemetry/api";
import { reason } from "./errors.ts";
import type { Outcome } from "./protocol.ts";
import { VERSION } from "./version.ts";

const tracer = trace.getTracer("sekali", VERSION);

/** Names the span of the request that is being answered after its route, not after its path. */
export function nameRequest(method: string, route: string): void {
  trace.getActiveSpan()?.updateName(`${method} ${route}`).setAttribute("http.route", route);
}

/**
 * Traces how events come into the journal.
 *
 * @param write is given the `traceparent` for what follows; none where this trace is not sampled
 */
export function traceJournal<T>(
  events: number,
  write: (traceparent: string | undefined) => Promise<T>,
): Promise<T> {
  const attributes = { "messaging.batch.message_count": events };
  return inSpan("journal", { kind: SpanKind.PRODUCER, attributes }, (span) => {
    const context = span.spanContext();
    const sampled = (context.traceFlags & TraceFlags.SAMPLED) !== 0;
    return write(sampled ? toTraceparent(context) : undefined);
  });
}

/**
 * Traces a delivery from its doorbell to its ack, where one of its requests is traced.
 *
 * @param traceparents of its requests
 */
export function traceDelivery<T>(
  traceparents: readonly string[],
  attributes: Attributes,
  run: () => Promise<T>,
): Promise<T> {
  const [parent, ...others] = traceparents.map(parseTraceparent);
  if (parent === undefined) return run();
  const links: Link[] = others.map((context) => ({ context }));
  const options = { kind: SpanKind.CONSUMER, attributes, links };
  return inSpan("delivery", options, run, trace.setSpanContext(ROOT_CONTEXT, parent));
}

/** Traces a transaction of the delivery that is traced, if one is. */
export function traceTransaction<T extends Outcome>(run: () => Promise<T>): Promise<T> {
  if (trace.getActiveSpan() === undefined) return run();
  const attributes = { "db.system.name": "postgresql" };
  return inSpan("transaction", { kind: SpanKind.CLIENT, attributes }, async (span) => {
    const outcome = await run();
    const { received, stored, duplicates } = outcome;
    span.setAttributes({
      "sekali.received": received,
      "sekali.stored": stored,
      "sekali.duplicates": duplicates,
    });
    return outcome;
  });
}

async function inSpan<T>(
  name: string,
  options: SpanOptions,
  run: (span: Span) => Promise<T>,
  parent?: Context,
): Promise<T> {
  const traced = async (span: Span) => {
    try {
      return await run(span);
    } catch (error) {
      span.setStatus({ code: SpanStatusCode.ERROR, message: reason(error) });
      throw error;
    } finally {
      span.end();
    }
  };
  return parent === undefined
    ? await tracer.startActiveSpan(name, options, traced)
    : await tracer.startActiveSpan(name, options, parent, traced);
}

function toTraceparent({ traceId, spanId, traceFlags }: SpanContext): string {
  return `00-${traceId}-${spanId}-${traceFlags.toString(16).padStart(2, "0")}`;
}

function parseTraceparent(text: string): SpanContext {
  const [, traceId, spanId, flags] = text.split("-") as [string, string, string, string];
  return { traceId, spanId, traceFlags: parseInt(flags, 16), isRemote: true };
}
