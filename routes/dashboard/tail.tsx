import { page } from "fresh";
import { Head } from "fresh/runtime";
import Tail from "../../islands/Tail.tsx";
import { FilterText, FilterTopic } from "../../lib/browser/FilterText.tsx";
import type { Shell } from "../../lib/browser/shell.ts";
import { ProblemError } from "../../lib/errors.ts";
import { define, methods, shellOf } from "../../lib/http.ts";
import { parseTail, readTail, type TailPage, type TailRequest } from "../../lib/tail.ts";

interface Data {
  readonly found: (TailPage & Pick<TailRequest, "filter">) | undefined;
  /** What is wrong with the filter. */
  readonly wrong: string | undefined;
  /** Topics to choose from. */
  readonly topics: readonly string[];
}

/** The tail: events as they are stored. The filter is in the URL. */
export const handler = methods<Data>({
  async GET({ url, state: { aggregator } }) {
    const { by_topic } = await aggregator.dashboardSnapshot();
    const topics = by_topic.map(({ topic }) => topic);
    let request: TailRequest;
    try {
      request = parseTail(url.searchParams);
    } catch (error) {
      if (!(error instanceof ProblemError)) throw error;
      return page({ found: undefined, wrong: error.detail, topics }, { status: error.status });
    }
    const found = await readTail(aggregator.database.sql, aggregator.feed, request);
    return page({ found: { ...found, filter: request.filter }, wrong: undefined, topics });
  },
});

export default define.page<typeof handler>(({ data: { found, wrong, topics }, url, state }) => (
  <main id="main" class="explorer">
    <Head>
      <title>Tail · Sekali</title>
    </Head>
    <h1 class="visually-hidden">Tail</h1>
    <Filter params={url.searchParams} topics={topics} />
    {wrong !== undefined && <p class="banner bad" role="alert">{wrong}</p>}
    {found !== undefined && (
      <Found
        found={found}
        shell={shellOf(url, state.aggregator)}
      />
    )}
  </main>
));

function Found({ found, shell }: { found: NonNullable<Data["found"]>; shell: Shell }) {
  const { topic, source } = found.filter;
  const filter = { ...topic !== undefined && { topic }, ...source !== undefined && { source } };
  const query = new URLSearchParams(filter).toString();
  return (
    <Tail
      events={found.events}
      position={found.position}
      filter={filter}
      open={found.open}
      explorer={query === "" ? "/dashboard/events" : `/dashboard/events?${query}`}
      query={query}
      shell={shell}
    />
  );
}

function Filter({ params, topics }: { params: URLSearchParams; topics: readonly string[] }) {
  const value = (name: string) => params.get(name) ?? undefined;
  return (
    <form class="card filters" action="/dashboard/tail" aria-label="Filter">
      <FilterTopic value={value("topic")} topics={topics} />
      <FilterText name="source" label="Source" value={value("source")} />
      <div class="submit">
        <button type="submit" class="primary">Show</button>
        {params.size > 0 && <a href="/dashboard/tail">Clear</a>}
      </div>
    </form>
  );
}
