import { page } from "fresh";
import { Head } from "fresh/runtime";
import EventList from "../../islands/EventList.tsx";
import Histogram from "../../islands/Histogram.tsx";
import { FilterText, FilterTopic } from "../../lib/browser/FilterText.tsx";
import type { Shell } from "../../lib/browser/shell.ts";
import { ProblemError } from "../../lib/errors.ts";
import {
  type ExplorerPage,
  type ExplorerRequest,
  parseExplorer,
  RANGES,
  readExplorer,
} from "../../lib/explorer.ts";
import { define, methods, shellOf } from "../../lib/http.ts";

interface Data {
  readonly found: (ExplorerPage & Pick<ExplorerRequest, "api">) | undefined;
  /** What is wrong with the filter. */
  readonly wrong: string | undefined;
  /** Topics to choose from. */
  readonly topics: readonly string[];
}

/** The explorer: stored events by topic, source, time and text. All of its state is in the URL. */
export const handler = methods<Data>({
  async GET({ url, state: { aggregator } }) {
    const { by_topic } = await aggregator.dashboardSnapshot();
    const topics = by_topic.map(({ topic }) => topic);
    let request: ExplorerRequest;
    try {
      request = parseExplorer(url.searchParams, Date.now());
    } catch (error) {
      if (!(error instanceof ProblemError)) throw error;
      return page({ found: undefined, wrong: error.detail, topics }, { status: error.status });
    }
    const found = await readExplorer(aggregator.database.sql, request);
    return page({ found: { ...found, api: request.api }, wrong: undefined, topics });
  },
});

export default define.page<typeof handler>(({ data: { found, wrong, topics }, url, state }) => (
  <main id="main" class="explorer">
    <Head>
      <title>Events · Sekali</title>
    </Head>
    <h1 class="visually-hidden">Events</h1>
    <Filter params={url.searchParams} topics={topics} />
    {wrong !== undefined && <p class="banner bad" role="alert">{wrong}</p>}
    {found !== undefined && (
      <Found
        found={found}
        url={url}
        shell={shellOf(url, state.aggregator)}
      />
    )}
  </main>
));

function Found(
  { found, url, shell }: { found: NonNullable<Data["found"]>; url: URL; shell: Shell },
) {
  const { events, next, histogram, open, api } = found;
  if (events.length === 0) return <None filtered={api.size > 0} />;
  const isZoomed = ["from", "to", "last"].some((name) => url.searchParams.get(name));
  return (
    <section class="card" aria-label="Events">
      <Histogram histogram={histogram} path={url.pathname + url.search} />
      <div class="tools">
        {isZoomed && <a href={without(url, ["from", "to", "last", "cursor", "seq"])}>All times</a>}
        {url.searchParams.has("cursor") && <a href={without(url, ["cursor", "seq"])}>First page</a>}
        <span class="end">
          Save as <a href={withQuery("/events", api, { format: "ndjson" })}>NDJSON</a>{" "}
          <a href={withQuery("/events", api, { format: "csv" })}>CSV</a>
        </span>
      </div>
      <EventList
        events={events}
        next={next === null ? null : withQuery("/events", api, { cursor: next, limit: "100" })}
        nextPage={next === null
          ? null
          : withQuery(url.pathname, url.searchParams, { cursor: next })}
        open={open}
        query={url.search}
        shell={shell}
      />
    </section>
  );
}

function withQuery(path: string, params: URLSearchParams, added: Record<string, string>): string {
  const all = new URLSearchParams(params);
  for (const [name, value] of Object.entries(added)) all.set(name, value);
  return `${path}?${all}`;
}

function without(url: URL, names: readonly string[]): string {
  const params = new URLSearchParams(url.searchParams);
  for (const name of names) params.delete(name);
  return `${url.pathname}?${params}`;
}

function None({ filtered }: { filtered: boolean }) {
  return (
    <section class="card empty">
      <h2>{filtered ? "No event matches" : "No events yet"}</h2>
      {filtered
        ? <a href="/dashboard/events">All events</a>
        : <a href="/dashboard/publish">Publish one</a>}
    </section>
  );
}

const ORDERS = {
  desc: "Latest arrivals first",
  asc: "First arrivals first",
  time_desc: "Latest event time first",
  time_asc: "First event time first",
};

const RANGE_NAMES: Record<keyof typeof RANGES, string> = {
  "15m": "Last 15 minutes",
  "1h": "Last hour",
  "24h": "Last 24 hours",
  "7d": "Last 7 days",
};

function Filter({ params, topics }: { params: URLSearchParams; topics: readonly string[] }) {
  const value = (name: string) => params.get(name) ?? undefined;
  return (
    <form class="card filters" action="/dashboard/events" aria-label="Filter">
      <FilterText name="q" label="Text" value={value("q")} hint="in the payload" />
      <FilterTopic value={value("topic")} topics={topics} />
      <FilterText name="source" label="Source" value={value("source")} />
      <Choice
        name="last"
        label="Time"
        value={value("last")}
        choices={{ "": "Any time", ...RANGE_NAMES }}
      />
      <FilterText name="from" label="From" value={value("from")} hint="2026-11-22T09:30:00Z" />
      <FilterText name="to" label="To" value={value("to")} hint="2026-11-23" />
      <Choice name="order" label="Order" value={value("order")} choices={ORDERS} />
      <div class="submit">
        <button type="submit" class="primary">Show</button>
        {params.size > 0 && <a href="/dashboard/events">Clear</a>}
      </div>
    </form>
  );
}

function Choice({ name, label, value, choices }: {
  name: string;
  label: string;
  value: string | undefined;
  choices: Record<string, string>;
}) {
  return (
    <div class="field">
      <label for={`filter-${name}`}>{label}</label>
      <select id={`filter-${name}`} name={name}>
        {Object.entries(choices).map(([key, text]) => (
          <option key={key} value={key} selected={key === value}>{text}</option>
        ))}
      </select>
    </div>
  );
}
