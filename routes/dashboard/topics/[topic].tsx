import { page } from "fresh";
import { Head } from "fresh/runtime";
import TopicView, { type TopicViewProps } from "../../../islands/TopicView.tsx";
import { windowOf } from "../../../lib/browser/window.ts";
import { define, methods, pathSegments } from "../../../lib/http.ts";
import { TOPIC_PAGE_EVENTS } from "../../../lib/limits.ts";
import { readTopicPage } from "../../../lib/topic_page.ts";

interface Data {
  readonly topic: string;
  /** Undefined where nothing has come on it. */
  readonly known: TopicViewProps | undefined;
}

/** All about one topic. */
export const handler = methods<Data>({
  async GET({ req, url, state: { aggregator } }) {
    const [, , topic = ""] = pathSegments(req);
    const initial = await readTopicPage(aggregator, topic);
    if (initial === undefined) return page({ topic, known: undefined }, { status: 404 });
    const { window } = windowOf(url.searchParams);
    const at = Date.now();
    const series = aggregator.history.topicTimeseries(window, topic, at);
    const rows = TOPIC_PAGE_EVENTS;
    return page({ topic, known: { initial, series, rows, at, search: url.search } });
  },
});

export default define.page<typeof handler>(({ data: { topic, known } }) => (
  <main id="main" class="topic-page">
    <Head>
      <title>{`${topic} · Topics · Sekali`}</title>
    </Head>
    {known === undefined ? <Unknown topic={topic} /> : <TopicView {...known} />}
  </main>
));

function Unknown({ topic }: { topic: string }) {
  return (
    <section class="card empty">
      <h1>{topic}</h1>
      <p>
        Nothing has come on this topic. Events that were accepted a moment ago are here once they
        are committed.
      </p>
      <p>
        <a href="/dashboard/topics">All topics</a> ·{" "}
        <a href="/dashboard/publish">Publish an event</a>
      </p>
    </section>
  );
}
