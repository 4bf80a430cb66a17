import { page } from "fresh";
import { Head } from "fresh/runtime";
import TopicList, { type TopicListProps } from "../../../islands/TopicList.tsx";
import { windowOf } from "../../../lib/browser/window.ts";
import { define, methods, shellOf } from "../../../lib/http.ts";

/** All topics. */
export const handler = methods<TopicListProps>({
  async GET({ url, state: { aggregator } }) {
    const { by_topic: topics } = await aggregator.snapshot();
    const { window } = windowOf(url.searchParams);
    const at = Date.now();
    const byTopic = aggregator.history.timeseriesByTopic(window, at);
    return page({ topics, byTopic, at, search: url.search, shell: shellOf(url, aggregator) });
  },
});

export default define.page<typeof handler>(({ data }) => (
  <main id="main">
    <Head>
      <title>Topics · Sekali</title>
    </Head>
    <h1>Topics</h1>
    <TopicList {...data} />
  </main>
));
