import type { TopicSource, TopicSources } from "../../topic_sources.ts";
import { ago, count, duration, percent, skewed } from "../format.ts";

/** Who sends on a topic, and how each clock goes. */
export function Sources({ sources, now }: { sources: TopicSources | null; now: number }) {
  return (
    <section class="card sources">
      <h2>
        {sources === null || sources.source_count === 0
          ? "Sources"
          : `${count(sources.source_count)} ${sources.source_count === 1 ? "source" : "sources"}`}
        {sources !== null && <small class="end">{sampleOf(sources)}</small>}
      </h2>
      {sources === null || sources.sampled === 0
        ? <Missing sources={sources} />
        : <Table sources={sources} now={now} />}
    </section>
  );
}

/** Which events the numbers are of. */
export function sampleOf({ sampled, complete }: TopicSources): string {
  return complete ? `all ${count(sampled)} stored` : `latest ${count(sampled)} stored`;
}

/** Why there is nothing to say. */
export function Missing({ sources }: { sources: TopicSources | null }) {
  return (
    <p class="nothing">
      {sources === null
        ? "Not known while the database is away."
        : "Nothing of this topic is stored: all of it was refused, or has expired."}
    </p>
  );
}

function Table({ sources, now }: { sources: TopicSources; now: number }) {
  const more = sources.source_count - sources.sources.length;
  return (
    <>
      <div class="scroll">
        <table>
          <thead>
            <tr>
              <th scope="col">source</th>
              <th scope="col" class="wide">events</th>
              <th scope="col">share</th>
              <th scope="col" class="wide">last seen</th>
              <th scope="col">median skew</th>
              <th scope="col" class="wide">p95</th>
              <th scope="col" class="wide">range</th>
            </tr>
          </thead>
          <tbody>
            {sources.sources.map((source) => (
              <Row key={source.source} source={source} all={sources.sampled} now={now} />
            ))}
          </tbody>
        </table>
      </div>
      {more > 0 && (
        <p class="nothing">
          <small>{count(more)} more sent less.</small>
        </p>
      )}
    </>
  );
}

function Row({ source, all, now }: { source: TopicSource; all: number; now: number }) {
  const { events, last_seen, skew } = source;
  return (
    <tr data-row tabIndex={-1}>
      <td class="name">{source.source}</td>
      <td class="wide">{count(events)}</td>
      <td>
        <svg class="share wide" viewBox="0 0 1 1" preserveAspectRatio="none" aria-hidden="true">
          <rect class="stored" width={events / all} height="1" />
        </svg>
        {percent(events, all)}
      </td>
      <td class="wide">{ago(now - Date.parse(last_seen))}</td>
      <td class="clock">
        {skew.ahead > 0 && <span class="pill warn">{count(skew.ahead)} ahead</span>}{" "}
        {skewed(skew.median_ms)}
      </td>
      <td class="wide">{skewed(skew.p95_ms)}</td>
      <td class="wide">{duration(skew.min_ms)} to {duration(skew.max_ms)}</td>
    </tr>
  );
}
