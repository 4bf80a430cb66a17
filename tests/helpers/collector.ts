/**
 * A collector of traces, as OpenTelemetry's exporters know it: OTLP over HTTP, in JSON.
 */
import { until } from "./service.ts";

/** A span, as much of it as tests look at. */
export interface CollectedSpan {
  readonly traceId: string;
  readonly spanId: string;
  /** Empty where it has none. */
  readonly parentSpanId: string;
  readonly name: string;
  readonly links: readonly { readonly traceId: string; readonly spanId: string }[];
  readonly attributes: readonly { readonly key: string; readonly value: object }[];
}

/** A running collector. */
export interface Collector extends AsyncDisposable {
  /** What a service needs in its environment to send its traces here. */
  readonly env: Record<string, string>;
  readonly spans: readonly CollectedSpan[];
  /** Waits until the spans are right. */
  until(right: (spans: readonly CollectedSpan[]) => boolean): Promise<void>;
}

interface Exported {
  readonly resourceSpans: readonly {
    readonly scopeSpans: readonly { readonly spans: readonly CollectedSpan[] }[];
  }[];
}

/** Starts a collector on a free port. */
export function startCollector(): Collector {
  const spans: CollectedSpan[] = [];
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    async (request) => {
      if (new URL(request.url).pathname === "/v1/traces") {
        const { resourceSpans }: Exported = await request.json();
        for (const { scopeSpans } of resourceSpans) {
          spans.push(...scopeSpans.flatMap((scope) => scope.spans));
        }
      } else {
        await request.body?.cancel();
      }
      return Response.json({});
    },
  );
  return {
    env: {
      OTEL_DENO: "true",
      OTEL_DENO_CONSOLE: "ignore",
      OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${server.addr.port}`,
      OTEL_EXPORTER_OTLP_PROTOCOL: "http/json",
      OTEL_BSP_SCHEDULE_DELAY: "100",
      OTEL_TRACES_SAMPLER: "parentbased_always_on",
    },
    spans,
    async until(right) {
      await until(() => Promise.resolve(spans), right);
    },
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
}
