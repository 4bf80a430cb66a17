import { useEffect } from "preact/hooks";
import { Empty } from "../lib/browser/Empty.tsx";
import { connect } from "../lib/browser/live.ts";
import { Aggregators } from "../lib/browser/overview/Aggregators.tsx";
import { Backlog } from "../lib/browser/overview/Backlog.tsx";
import { Consumers } from "../lib/browser/overview/Consumers.tsx";
import { Health } from "../lib/browser/overview/Health.tsx";
import { Latency } from "../lib/browser/overview/Latency.tsx";
import { Law } from "../lib/browser/overview/Law.tsx";
import { Path } from "../lib/browser/overview/Path.tsx";
import { Repeats } from "../lib/browser/overview/Repeats.tsx";
import { Throughput } from "../lib/browser/overview/Throughput.tsx";
import { Topics } from "../lib/browser/overview/Topics.tsx";
import { createPoll } from "../lib/browser/poll.ts";
import { useQuery } from "../lib/browser/query.ts";
import { windowOf } from "../lib/browser/window.ts";
import type { Shell } from "../lib/browser/shell.ts";
import type { DashboardSnapshot } from "../lib/snapshot.ts";
import type { Timeseries, TimeseriesByTopic } from "../lib/timeseries.ts";

/** What the server knows when it renders the page. */
export interface OverviewProps {
  readonly initial: DashboardSnapshot;
  readonly series: Timeseries;
  readonly byTopic: TimeseriesByTopic;
  /** When that was, milliseconds since 1970. */
  readonly at: number;
  /** The query string. */
  readonly search: string;
  readonly shell: Shell;
}

const seriesPoll = createPoll<Timeseries>();
const byTopicPoll = createPoll<TimeseriesByTopic>();

/** The overview: as the server rendered it, then kept live by the stream. */
export default function Overview(props: OverviewProps) {
  const live = connect();
  const stats = live.stats.value ?? props.initial;
  const now = live.at.value ?? props.at;
  const series = seriesPoll.answer.value ?? props.series;
  const lately = byTopicPoll.answer.value ?? props.byTopic;
  const query = useQuery(props.search);
  const { window, seriesMs, byTopicMs } = windowOf(query.params);
  useEffect(() => {
    const url = `/stats/timeseries?window=${window}`;
    seriesPoll.ask({ url, everyMs: seriesMs });
    byTopicPoll.ask({ url: `${url}&by=topic`, everyMs: byTopicMs });
  }, [window]);
  return (
    <main id="main">
      <h1 class="visually-hidden">Overview</h1>
      <Health stats={stats} now={now} />
      <Law stats={stats} />
      <Path stats={stats} />
      {stats.topic_count === 0 && <Empty shell={props.shell} />}
      <div class="stretch">
        <Throughput series={series} query={query} />
        <Consumers consumers={stats.consumers} now={now} />
        {stats.aggregators.length > 1 && (
          <Aggregators aggregators={stats.aggregators} here={stats.aggregator.id} now={now} />
        )}
      </div>
      <div class="side">
        <Latency stats={stats} series={series} />
        <Backlog stats={stats} series={series} />
      </div>
      <div class="stretch">
        {stats.topic_count > 0 && (
          <Topics
            topics={stats.by_topic}
            all={stats.topic_count}
            lately={lately}
            query={query}
            now={now}
          />
        )}
      </div>
      <div class="side">
        <Repeats
          sources={stats.sources}
          recent_duplicates={stats.recent_duplicates}
          now={now}
        />
      </div>
    </main>
  );
}
