import { useEffect } from "preact/hooks";
import { count } from "../lib/browser/format.ts";
import { Empty } from "../lib/browser/Empty.tsx";
import { createPoll } from "../lib/browser/poll.ts";
import { useQuery } from "../lib/browser/query.ts";
import { TopicTable } from "../lib/browser/TopicTable.tsx";
import { windowOf } from "../lib/browser/window.ts";
import { Windows } from "../lib/browser/Windows.tsx";
import type { Shell } from "../lib/browser/shell.ts";
import type { TopicNumbers } from "../lib/snapshot.ts";
import type { TimeseriesByTopic } from "../lib/timeseries.ts";

/** What the server knows when it renders the page. */
export interface TopicListProps {
  readonly topics: readonly TopicNumbers[];
  readonly byTopic: TimeseriesByTopic;
  /** When that was, milliseconds since 1970. */
  readonly at: number;
  /** The query string. */
  readonly search: string;
  readonly shell: Shell;
}

/** All topics are more than the stream tells: they are asked for. */
const TOPICS_MS = 2_000;

const topicsPoll = createPoll<readonly TopicNumbers[]>();
const byTopicPoll = createPoll<TimeseriesByTopic>();

/** All topics there are. */
export default function TopicList(props: TopicListProps) {
  const topics = topicsPoll.answer.value ?? props.topics;
  const lately = byTopicPoll.answer.value ?? props.byTopic;
  const query = useQuery(props.search);
  const { window, byTopicMs } = windowOf(query.params);
  useEffect(() => {
    topicsPoll.ask({ url: "/topics", everyMs: TOPICS_MS });
    byTopicPoll.ask({ url: `/stats/timeseries?window=${window}&by=topic`, everyMs: byTopicMs });
  }, [window]);
  if (topics.length === 0) return <Empty shell={props.shell} />;
  return (
    <section class="card topics">
      <h2>
        {count(topics.length)} {topics.length === 1 ? "topic" : "topics"}
        <Windows chosen={lately.window} query={query} />
      </h2>
      <TopicTable
        topics={topics}
        lately={lately}
        query={query}
        now={topicsPoll.answer.value === undefined ? props.at : Date.now()}
      />
    </section>
  );
}
