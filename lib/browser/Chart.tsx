import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import type { Slots } from "../timeseries.ts";
import {
  area,
  highest,
  line,
  type Scale,
  scaleTo,
  stack,
  TIME_LABELS,
  type Values,
} from "./chart.ts";
import { type Drawing, hovered, type Plot, plotIn } from "./plot.ts";

/** One column of a chart. */
export interface Series {
  /** For the legend and the table: "stored". */
  readonly name: string;
  /** What gives it its colour, a class: `stored`, `duplicate`, `pending`, … */
  readonly kind: string;
  readonly values: Values;
}

/** What a chart shows. */
export interface ChartProps {
  /** What it is about: "Throughput". */
  readonly name: string;
  readonly slots: Slots;
  readonly series: readonly Series[];
  /** A value as it reads, with its unit. */
  readonly format: (value: number) => string;
  /** `areas` stand on top of each other, `lines` do not. */
  readonly style: "areas" | "lines";
  readonly size?: "small";
}

/**
 * Columns over time, with axes, a legend that reads out what the pointer is at, and the same as a
 * table. The server draws it as SVG; in the browser a canvas takes over, in the same place.
 */
export function Chart(props: ChartProps) {
  const { name, slots, series, format, style, size } = props;
  const columns = series.map(({ values }) => values);
  const shown = style === "areas" ? stack(columns) : columns;
  const scale = scaleTo(highest(shown));
  const { svg, plotted } = usePlot({ at: slots.at, columns: shown, top: scale.top }, style);
  return (
    <figure class={`chart ${size ?? ""}`}>
      <Legend {...props} />
      <div class="frame">
        <Marks scale={scale} format={format} />
        <div class="plot">
          <svg
            ref={svg}
            class={plotted ? "plotted" : undefined}
            role="img"
            aria-label={`${name}, ${TIME_LABELS[slots.window][0]} to now`}
            viewBox={`0 0 ${slots.at.length - 1} 100`}
            preserveAspectRatio="none"
          >
            {shown.map((values, at) => (
              <g key={at} class={series[at]!.kind}>
                {style === "areas" && (
                  <path class="area" d={area(values, shown[at - 1], scale.top)} />
                )}
                <path class="line" d={line(values, scale.top)} />
              </g>
            ))}
          </svg>
        </div>
        <div class="times" aria-hidden="true">
          {TIME_LABELS[slots.window].map((label) => <span key={label}>{label}</span>)}
        </div>
      </div>
      <Numbers {...props} />
    </figure>
  );
}

/** The canvas over the drawing of the server, which goes on telling it its colours. */
function usePlot(drawing: Drawing, style: ChartProps["style"]) {
  const svg = useRef<SVGSVGElement>(null);
  const plot = useRef<Plot>();
  const [plotted, setPlotted] = useState(false);
  const columns = drawing.columns.length;
  useEffect(() => {
    const drawn = svg.current!;
    const colour = (at: number, what: "line" | "area", property: "stroke" | "fill") => () =>
      getComputedStyle(drawn.querySelectorAll(`.${what}`)[at]!)[property];
    const looks = Array.from({ length: columns }, (_, at) => ({
      stroke: colour(at, "line", "stroke"),
      fill: style === "areas" ? colour(at, "area", "fill") : undefined,
    }));
    plot.current = plotIn(drawn.parentElement!, looks, drawing);
    setPlotted(true);
    return () => plot.current?.remove();
  }, [columns, style]);
  useEffect(() => plot.current?.draw(drawing), [drawing.at, drawing.columns[0]]);
  return { svg, plotted };
}

/** What each column is, and its value where the pointer is, else the latest. */
function Legend({ slots, series, format }: ChartProps) {
  const at = hovered.value ?? slots.at.length - 1;
  return (
    <figcaption class="legend">
      {series.map(({ name, kind, values }) => (
        <span key={name} class={kind}>
          {name} <b>{read(values[at], format)}</b>
        </span>
      ))}
      <small>{hovered.value !== null && timeOf(slots.at[at])}</small>
    </figcaption>
  );
}

function read(value: number | null | undefined, format: ChartProps["format"]): string {
  return value == null ? "–" : format(value);
}

function timeOf(at: number | undefined): string {
  return at === undefined ? "" : new Date(at).toLocaleTimeString("en-GB");
}

/** The vertical axis: marks of equal distance, which the style sheet spreads over the height. */
function Marks({ scale, format }: { scale: Scale; format: ChartProps["format"] }) {
  return (
    <div class="marks" aria-hidden="true">
      {scale.marks.toReversed().map((mark) => (
        <div key={mark}>
          <span>{format(mark)}</span>
        </div>
      ))}
    </div>
  );
}

/** The same as a table, latest first; kept up to date while it is open. */
function Numbers({ name, slots, series, format }: ChartProps) {
  const [open, setOpen] = useState(false);
  const rows = useMemo(() =>
    slots.at.map((at, slot) => (
      <tr key={at}>
        <td>
          <time dateTime={new Date(at).toISOString()}>
            {`−${(slots.at.length - slot) * slots.step_ms / 1000} s`}
          </time>
        </td>
        {series.map(({ name, values }) => <td key={name}>{read(values[slot], format)}</td>)}
      </tr>
    )).filter((_, slot) => series.some(({ values }) => values[slot] != null)).reverse(), [
    open ? slots.at : slots.window,
  ]);
  return (
    <details class="numbers" onToggle={({ currentTarget }) => setOpen(currentTarget.open)}>
      <summary>As a table</summary>
      <div class="scroll" tabIndex={0} role="region" aria-label={`${name} as a table`}>
        <table>
          <thead>
            <tr>
              <th scope="col">began</th>
              {series.map(({ name }) => <th key={name} scope="col">{name}</th>)}
            </tr>
          </thead>
          <tbody>{rows}</tbody>
        </table>
      </div>
    </details>
  );
}
