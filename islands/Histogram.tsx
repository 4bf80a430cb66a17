import { useSignal } from "@preact/signals";
import { clock } from "../lib/browser/events.tsx";
import { count } from "../lib/browser/format.ts";
import { zoomPath } from "../lib/browser/zoom.ts";
import type { Histogram as Counts } from "../lib/histogram.ts";

/** Width of an interval and height of the tallest bar, in the picture's own units. */
const BAR = 10, HEIGHT = 60;

/** Hits over time. A bar leads to its own time; a stretch that is brushed, to that. */
export default function Histogram({ histogram, path }: { histogram: Counts; path: string }) {
  const { counts, total, complete } = histogram;
  const most = Math.max(1, ...counts);
  const brush = useSignal<readonly [number, number] | undefined>(undefined);

  const start = (event: PointerEvent) => {
    if (event.button !== 0) return;
    const at = bucketAt(event, counts.length);
    brush.value = [at, at];
    (event.currentTarget as Element).setPointerCapture(event.pointerId);
  };
  const move = (event: PointerEvent) => {
    if (brush.value !== undefined) brush.value = [brush.value[0], bucketAt(event, counts.length)];
  };
  const end = () => {
    if (brush.value === undefined) return;
    const [a, b] = brush.value;
    location.assign(zoomPath(path, histogram, Math.min(a, b), Math.max(a, b)));
  };
  // Fractions of a second only where they differ.
  const edge = (bucket: number) =>
    clock(timeOf(histogram, bucket)).replace(histogram.step_ms < 1000 ? "" : /\.\d+$/, "");
  return (
    <figure class="histogram">
      <svg
        viewBox={`0 0 ${BAR * counts.length} ${HEIGHT}`}
        preserveAspectRatio="none"
        role="group"
        aria-label={`${count(total)} events over time. Drag to zoom in`}
        onPointerDown={start}
        onPointerMove={move}
        onPointerUp={end}
        onPointerCancel={() => brush.value = undefined}
      >
        {brush.value !== undefined && (
          <rect
            class="brush"
            x={BAR * Math.min(...brush.value)}
            width={BAR * (Math.abs(brush.value[1] - brush.value[0]) + 1)}
            height={HEIGHT}
          />
        )}
        {counts.map((hits, at) =>
          hits > 0 && (
            <a
              key={at}
              href={zoomPath(path, histogram, at, at)}
              tabIndex={-1}
              draggable={false}
              aria-label={`${clock(timeOf(histogram, at))}: ${count(hits)} events`}
              onClick={(event) => event.preventDefault()}
            >
              <title>{clock(timeOf(histogram, at))}: {count(hits)}</title>
              <rect
                x={BAR * at + 1}
                y={HEIGHT - HEIGHT * hits / most}
                width={BAR - 2}
                height={HEIGHT * hits / most}
              />
            </a>
          )
        )}
      </svg>
      <figcaption>
        <span>{edge(0)}</span>
        <span>
          {complete ? `${count(total)} events` : `the latest ${count(total)} events of more`}
        </span>
        <span>{edge(counts.length)}</span>
      </figcaption>
    </figure>
  );
}

function timeOf({ from, step_ms }: Counts, bucket: number): string {
  return new Date(Date.parse(from!) + bucket * step_ms).toISOString();
}

function bucketAt(event: PointerEvent, buckets: number): number {
  const { left, width } = (event.currentTarget as Element).getBoundingClientRect();
  const at = Math.floor(buckets * (event.clientX - left) / width);
  return Math.min(Math.max(at, 0), buckets - 1);
}
