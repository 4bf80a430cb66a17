/**
 * `deno task chart RESULTS.json`: draws the throughput of a run of `deno task bench --json RESULTS.json`
 * as docs/performance.svg and docs/performance-dark.svg.
 */
import * as echarts from "echarts";
import type { Figure, Results } from "./results.ts";

/** Colours of a chart, those of the dashboard. */
interface Theme {
  readonly file: string;
  readonly text: string;
  readonly rule: string;
  readonly bar: string;
  readonly reference: string;
}

const THEMES: readonly Theme[] = [
  {
    file: "performance.svg",
    text: "#3d4249",
    rule: "#d9dde3",
    bar: "#0b7a66",
    reference: "#a9b0ba",
  },
  {
    file: "performance-dark.svg",
    text: "#c3c9d2",
    rule: "#343b45",
    bar: "#4fd1b5",
    reference: "#5b6470",
  },
];

const BARE = "bare statement";
const SHAPE = /^batches of ([\d,]+), (\d+) connections?: committed$/;

/** What a bar stands for, and how long it is. */
interface Bar {
  readonly label: string;
  readonly perSecond: number;
}

/**
 * The bars of a run: what was committed by each way to publish, and what the statement alone reaches.
 *
 * @throws {Error} if the run did not measure throughput
 */
export function bars(figures: readonly Figure[]): Bar[] {
  const found = figures.flatMap(({ name, median }) => {
    const [, size, connections] = SHAPE.exec(name) ?? [];
    if (size === undefined) return [];
    const what = size === "1" ? "single events" : `batches of ${Number(size).toLocaleString("en")}`;
    const over = connections === "1" ? "1 connection" : `${connections} connections`;
    return [{ label: `${what}, ${over}`, perSecond: median }];
  });
  const bare = figures.find(({ name }) => name === BARE);
  if (found.length === 0 || bare === undefined) throw new Error("No throughput was measured");
  return [...found, { label: "the statement alone", perSecond: bare.median }];
}

/** Draws bars as an SVG document. */
export function draw(all: readonly Bar[], { text, rule, bar, reference }: Theme): string {
  const chart = echarts.init(null, null, {
    renderer: "svg",
    ssr: true,
    width: 760,
    height: 60 + 34 * all.length,
  });
  const font = { color: text, fontFamily: "system-ui, sans-serif", fontSize: 13 };
  chart.setOption({
    animation: false,
    title: { text: "Events committed a second", left: 8, top: 8, textStyle: { ...font } },
    grid: { left: 220, right: 80, top: 44, bottom: 8 },
    xAxis: { type: "value", axisLabel: { show: false }, splitLine: { show: false } },
    yAxis: {
      type: "category",
      inverse: true,
      data: all.map(({ label }) => label),
      axisLabel: font,
      axisLine: { lineStyle: { color: rule } },
      axisTick: { show: false },
    },
    series: [{
      type: "bar",
      barWidth: 18,
      data: all.map(({ perSecond }, at) => ({
        value: Math.round(perSecond),
        itemStyle: { color: at === all.length - 1 ? reference : bar },
      })),
      label: {
        ...font,
        show: true,
        position: "right",
        formatter: ({ value }: { value: unknown }) => Number(value).toLocaleString("en"),
      },
    }],
  });
  const svg = chart.renderToSVGString();
  chart.dispose();
  return svg;
}

if (import.meta.main) {
  const [path] = Deno.args;
  if (path === undefined) {
    console.error("chart: name the JSON file of a run of deno task bench");
    Deno.exit(2);
  }
  const { figures } = JSON.parse(await Deno.readTextFile(path)) as Results;
  const all = bars(figures);
  for (const theme of THEMES) {
    await Deno.writeTextFile(
      new URL(`../../docs/${theme.file}`, import.meta.url),
      draw(all, theme),
    );
  }
}
