import type { DashboardSnapshot } from "../../snapshot.ts";
import type { Timeseries } from "../../timeseries.ts";
import { Chart } from "../Chart.tsx";
import { duration } from "../format.ts";

/** How long commits take: from the doorbell to COMMIT. */
export function Latency({ stats, series }: { stats: DashboardSnapshot; series: Timeseries }) {
  const latency = stats.commit_latency;
  return (
    <section class="card latency">
      <h2>
        Commit latency <small class="end">last minute</small>
      </h2>
      <dl class="trio">
        {(["p50", "p95", "p99"] as const).map((name) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{latency === null ? "–" : duration(latency[name])}</dd>
          </div>
        ))}
      </dl>
      <Chart
        name="Commit latency"
        size="small"
        slots={series}
        style="lines"
        series={[
          { name: "p50", kind: "p50", values: series.commit_ms.p50 },
          { name: "p95", kind: "p95", values: series.commit_ms.p95 },
          { name: "p99", kind: "p99", values: series.commit_ms.p99 },
        ]}
        format={duration}
      />
    </section>
  );
}
