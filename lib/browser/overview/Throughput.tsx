import { Chart } from "../Chart.tsx";
import { brief } from "../format.ts";
import type { Query } from "../query.ts";
import { Windows } from "../Windows.tsx";
import type { Column, Decided, Slots } from "../../timeseries.ts";

/** What was stored and what was dropped, a second, over the window that is chosen here for all. */
export function Throughput({ series, query }: { series: Slots & Decided; query: Query }) {
  const perSecond = (values: Column) =>
    values.map((value) => value === null ? null : value * 1000 / series.step_ms);
  return (
    <section class="card throughput">
      <h2>
        Throughput <small>events a second</small>
        <Windows chosen={series.window} query={query} />
      </h2>
      <Chart
        name="Throughput"
        slots={series}
        style="areas"
        series={[
          { name: "stored", kind: "stored", values: perSecond(series.stored) },
          { name: "duplicates", kind: "duplicate", values: perSecond(series.duplicates) },
        ]}
        format={brief}
      />
    </section>
  );
}
