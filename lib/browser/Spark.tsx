import { area, highest, line, type Values } from "./chart.ts";

/** How much came of late, as a line without a scale. */
export function Spark({ values }: { values: Values }) {
  const top = highest([values]) || 1;
  return (
    <svg
      class="spark"
      viewBox={`0 0 ${values.length - 1} 100`}
      preserveAspectRatio="none"
      aria-hidden="true"
    >
      <path class="area" d={area(values, undefined, top)} />
      <path class="line" d={line(values, top)} />
    </svg>
  );
}
