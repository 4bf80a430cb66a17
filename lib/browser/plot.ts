/**
 * A chart that answers the pointer: uPlot draws its columns, over the same slots and scale as the
 * drawing of the server. Axes and legend are the page's own.
 */
import { signal } from "@preact/signals";
import UPlot from "uplot";
import type { Values } from "./chart.ts";

/** Which slot the pointer is at, in any chart of the page; null: in none. */
export const hovered = signal<number | null>(null);

/** What a chart draws at one time. */
export interface Drawing {
  /** When each slot began, milliseconds since 1970. */
  readonly at: readonly number[];
  readonly columns: readonly Values[];
  /** The value at the upper edge. */
  readonly top: number;
}

/** How a column looks, told at each drawing: a change of the theme changes it. */
export interface Look {
  stroke(): string;
  /** Undefined: a line. */
  readonly fill: (() => string) | undefined;
}

/** A chart on the page. */
export interface Plot {
  draw(drawing: Drawing): void;
  /** The same in the colours of now. */
  redraw(): void;
  remove(): void;
}

/**
 * Puts a chart into an element, which it fills, also where that changes its size.
 *
 * @param looks of the columns, the lowest first; each is filled down to the one before
 */
export function plotIn(element: HTMLElement, looks: readonly Look[], drawing: Drawing): Plot {
  let { top } = drawing;
  const size = () => ({ width: element.clientWidth, height: element.clientHeight });
  const plot = new UPlot(
    {
      ...size(),
      padding: [0, 0, 0, 0],
      legend: { show: false },
      cursor: {
        drag: { x: false, y: false },
        y: false,
        sync: { key: "charts" },
        points: { size: 7 },
      },
      scales: {
        x: { time: false, range: (_, least, most) => [least, most] },
        y: { range: () => [0, top] },
      },
      axes: [{ show: false }, { show: false }],
      series: [
        {},
        ...looks.map(({ stroke, fill }, at) => ({
          stroke,
          width: 1.5,
          points: { show: false },
          ...fill !== undefined && at === 0 ? { fill } : {},
        })),
      ],
      bands: looks.flatMap(({ fill }, at) =>
        fill === undefined || at === 0
          ? []
          : [{ series: [at + 1, at] as [number, number], fill: () => fill() }]
      ),
      hooks: { setCursor: [({ cursor }) => hovered.value = cursor.idx ?? null] },
    },
    data(drawing),
    element,
  );
  const resized = new ResizeObserver(() => plot.setSize(size()));
  resized.observe(element);
  return {
    draw(drawing) {
      top = drawing.top;
      plot.setData(data(drawing));
    },
    redraw: () => plot.redraw(),
    remove() {
      resized.disconnect();
      plot.destroy();
    },
  };
}

function data({ at, columns }: Drawing): UPlot.AlignedData {
  return [at, ...columns] as unknown as UPlot.AlignedData;
}
