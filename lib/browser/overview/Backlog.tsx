import type { DashboardSnapshot } from "../../snapshot.ts";
import type { Timeseries } from "../../timeseries.ts";
import { Chart } from "../Chart.tsx";
import { brief, bytes, count, duration, percent } from "../format.ts";

/** What is accepted here and not yet committed: how much, and for how long. */
export function Backlog({ stats, series }: { stats: DashboardSnapshot; series: Timeseries }) {
  const { aggregator: { pending, pending_bytes, lag_ms }, limits } = stats;
  return (
    <section class="card backlog">
      <h2>
        Backlog and lag
        <small class="end">{percent(pending, limits.queue_max_events)} of the queue</small>
      </h2>
      <dl class="trio">
        <div>
          <dt>pending</dt>
          <dd>{count(pending)}</dd>
        </div>
        <div>
          <dt>size</dt>
          <dd>{bytes(pending_bytes)}</dd>
        </div>
        <div>
          <dt>lag</dt>
          <dd>{duration(lag_ms)}</dd>
        </div>
      </dl>
      <Chart
        name="Backlog"
        size="small"
        slots={series}
        style="areas"
        series={[{ name: "pending", kind: "pending", values: series.pending }]}
        format={brief}
      />
      <Chart
        name="Lag"
        size="small"
        slots={series}
        style="areas"
        series={[{ name: "lag", kind: "lag", values: series.lag_ms }]}
        format={duration}
      />
    </section>
  );
}
