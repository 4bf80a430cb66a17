import type { SkewInterval, TopicSources } from "../../topic_sources.ts";
import { count, duration, percent, skewed } from "../format.ts";
import { Missing, sampleOf } from "./Sources.tsx";

/** How the clocks of a topic's publishers go, seen from ours. */
export function Skew({ sources }: { sources: TopicSources | null }) {
  const skew = sources?.skew;
  return (
    <section class="card skew">
      <h2>
        Clock skew{" "}
        <small class="end">received − timestamp{sources && `, ${sampleOf(sources)}`}</small>
      </h2>
      {skew == null ? <Missing sources={sources} /> : (
        <>
          <dl class="trio">
            {(["median", "p95", "max"] as const).map((name) => (
              <div key={name}>
                <dt>{name}</dt>
                <dd>{duration(skew[`${name}_ms`])}</dd>
              </div>
            ))}
          </dl>
          <p class="ahead">
            {skew.ahead > 0
              ? (
                <span class="pill warn">
                  {count(skew.ahead)} from the future, up to {duration(-skew.min_ms)}
                </span>
              )
              : <small>Earliest {skewed(skew.min_ms)}: none from the future.</small>}
          </p>
          <table class="distribution">
            <thead class="visually-hidden">
              <tr>
                <th scope="col">skew</th>
                <th scope="col">events</th>
              </tr>
            </thead>
            <tbody>
              {skew.distribution.map((interval, at) => (
                <Interval
                  key={at}
                  interval={interval}
                  from={skew.distribution[at - 1]}
                  all={sources!.sampled}
                />
              ))}
            </tbody>
          </table>
        </>
      )}
    </section>
  );
}

function Interval({ interval: { below_ms, events }, from, all }: {
  interval: SkewInterval;
  from: SkewInterval | undefined;
  all: number;
}) {
  return (
    <tr>
      <td>{nameOf(below_ms, from)}</td>
      <td>
        <svg class="share" viewBox="0 0 1 1" preserveAspectRatio="none" aria-hidden="true">
          <rect
            class={from === undefined ? "duplicate" : "stored"}
            width={events / all}
            height="1"
          />
        </svg>
        <span>{percent(events, all)}</span>
      </td>
    </tr>
  );
}

function nameOf(below: number | null, from: SkewInterval | undefined): string {
  if (from === undefined) return "ahead of us";
  return below === null ? `over ${duration(from.below_ms ?? 0)}` : `within ${duration(below)}`;
}
