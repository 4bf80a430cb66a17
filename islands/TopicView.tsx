import { useEffect } from "preact/hooks";
import type { StoredEvent } from "../lib/browser/events.tsx";
import { connect } from "../lib/browser/live.ts";
import { Health } from "../lib/browser/overview/Health.tsx";
import { Throughput } from "../lib/browser/overview/Throughput.tsx";
import { createPoll } from "../lib/browser/poll.ts";
import { useQuery } from "../lib/browser/query.ts";
import { Heading } from "../lib/browser/topic/Heading.tsx";
import { LatestEvents } from "../lib/browser/topic/LatestEvents.tsx";
import { Skew } from "../lib/browser/topic/Skew.tsx";
import { Sources } from "../lib/browser/topic/Sources.tsx";
import { TopicLaw } from "../lib/browser/topic/TopicLaw.tsx";
import { windowOf } from "../lib/browser/window.ts";
import type { DashboardSnapshot, TopicNumbers } from "../lib/snapshot.ts";
import type { TopicTimeseries } from "../lib/timeseries.ts";
import type { TopicDetails, TopicSources } from "../lib/topic_sources.ts";

/** What the server knows when it renders the page. */
export interface TopicViewProps {
  readonly initial: {
    readonly stats: DashboardSnapshot;
    readonly numbers: TopicNumbers;
    /** Null while the database is away. */
    readonly sources: TopicSources | null;
    readonly events: readonly StoredEvent[] | null;
  };
  readonly series: TopicTimeseries;
  /** Events on the page at most. */
  readonly rows: number;
  /** When that was, milliseconds since 1970. */
  readonly at: number;
  /** The query string. */
  readonly search: string;
}

/** Sources change slowly, and to count them reads thousands of events. */
const DETAILS_MS = 5_000;

/** Often enough to see that something comes; the tail shows all of it. */
const EVENTS_MS = 2_000;

const seriesPoll = createPoll<TopicTimeseries>();
const detailsPoll = createPoll<TopicDetails>();
const eventsPoll = createPoll<readonly StoredEvent[]>();

/** One topic: as the server rendered it, then kept up to date. */
export default function TopicView({ initial, ...props }: TopicViewProps) {
  const live = connect();
  const { topic } = initial.numbers;
  const stats = live.stats.value ?? initial.stats;
  const now = live.at.value ?? props.at;
  const details = detailsPoll.answer.value;
  // The stream tells of the topics that were seen last only.
  const numbers = live.stats.value?.by_topic.find((one) => one.topic === topic) ?? details ??
    initial.numbers;
  const sources = details ?? initial.sources;
  const query = useQuery(props.search);
  const { window, seriesMs } = windowOf(query.params);
  useEffect(() => {
    const name = encodeURIComponent(topic);
    detailsPoll.ask({ url: `/topics/${name}`, everyMs: DETAILS_MS });
    eventsPoll.ask({ url: `/events?topic=${name}&limit=${props.rows}`, everyMs: EVENTS_MS });
    seriesPoll.ask({
      url: `/stats/timeseries?topic=${name}&window=${window}`,
      everyMs: seriesMs,
    });
  }, [window]);
  return (
    <>
      <Heading numbers={numbers} now={now} />
      <Health stats={stats} now={now} />
      <TopicLaw numbers={numbers} />
      <div class="stretch">
        <Throughput series={seriesPoll.answer.value ?? props.series} query={query} />
      </div>
      <div class="side">
        <Skew sources={sources} />
      </div>
      <Sources sources={sources} now={now} />
      <LatestEvents topic={topic} events={eventsPoll.answer.value ?? initial.events} />
    </>
  );
}
