import type { TopicNumbers } from "../snapshot.ts";
import type { TimeseriesByTopic } from "../timeseries.ts";
import type { Values } from "./chart.ts";
import { ago, brief, count, percent } from "./format.ts";
import type { Query } from "./query.ts";
import { Spark } from "./Spark.tsx";
import {
  type Sort,
  toggled,
  type TopicRow,
  topicRows,
  type TopicView,
  topicView,
} from "./topics.ts";

/** What the table shows. */
export interface TopicTableProps {
  readonly topics: readonly TopicNumbers[];
  /** How they went of late; topics without have no line. */
  readonly lately: TimeseriesByTopic;
  readonly query: Query;
  /** Milliseconds since 1970. */
  readonly now: number;
}

/** Rows on a page at most; the filter finds the others. */
const MAX_ROWS = 500;

/** Topics: sorted by a click on a column, filtered as one types, in groups that open and close. */
export function TopicTable({ topics, lately, query, now }: TopicTableProps) {
  const view = topicView(query.params);
  const rows = topicRows(topics, view);
  const sparks = new Map(lately.topics.map((series) => [series.topic, series]));
  const shown = rows.slice(0, MAX_ROWS);
  return (
    <>
      <Controls view={view} query={query} />
      <div class="scroll">
        <table>
          <thead>
            <tr>
              <Column sort="topic" view={view} query={query}>topic</Column>
              <th scope="col" class="wide">{WINDOW_NAMES[lately.window]}</th>
              <Column sort="rate" view={view} query={query}>rate</Column>
              <Column sort="stored" view={view} query={query}>stored</Column>
              <Column sort="duplicates" view={view} query={query}>duplicates</Column>
              <Column sort="seen" view={view} query={query} wide>last seen</Column>
            </tr>
          </thead>
          <tbody>
            {shown.map((row) => (
              <Row
                key={row.name}
                row={row}
                values={valuesOf(row, sparks)}
                view={view}
                query={query}
                now={now}
              />
            ))}
          </tbody>
        </table>
      </div>
      {rows.length === 0 && <p>No topic holds “{view.filter}”.</p>}
      {rows.length > MAX_ROWS && (
        <p>
          <small>{count(rows.length - MAX_ROWS)} more: filter to see them.</small>
        </p>
      )}
    </>
  );
}

/** What a line of the last minutes is called. */
const WINDOW_NAMES = { "1m": "last minute", "15m": "last 15 min", "1h": "last hour" } as const;

/** The filter, a form where there are no scripts, and whether topics are grouped. */
function Controls({ view, query }: { view: TopicView; query: Query }) {
  const others = [...query.params].filter(([name]) => name !== "filter");
  return (
    <form class="controls" onSubmit={(event) => event.preventDefault()}>
      {others.map(([name, value]) => <input key={name} type="hidden" name={name} value={value} />)}
      <input
        type="search"
        name="filter"
        value={view.filter}
        placeholder="Filter topics"
        aria-label="Filter topics"
        onInput={({ currentTarget: { value } }) =>
          query.go({ filter: value === "" ? null : value })}
      />
      <span class="segments">
        <a {...query.link({ flat: null })} aria-current={view.grouped ? "true" : undefined}>
          grouped
        </a>
        <a {...query.link({ flat: "" })} aria-current={view.grouped ? undefined : "true"}>flat</a>
      </span>
    </form>
  );
}

/** A heading that sorts: names from a to z first, all else from the largest. */
function Column(
  { sort, view, query, wide = false, children }: {
    sort: Sort;
    view: TopicView;
    query: Query;
    wide?: boolean;
    children: string;
  },
) {
  const chosen = view.sort === sort;
  const ascending = chosen ? !view.ascending : sort === "topic";
  return (
    <th
      scope="col"
      class={wide ? "wide" : undefined}
      aria-sort={chosen ? (view.ascending ? "ascending" : "descending") : undefined}
    >
      <a {...query.link({ sort: ascending ? sort : `-${sort}` })}>{children}</a>
    </th>
  );
}

function Row(
  { row, values, view, query, now }: {
    row: TopicRow;
    values: Values | undefined;
    view: TopicView;
    query: Query;
    now: number;
  },
) {
  const open = !view.closed.has(row.name);
  return (
    <tr data-row tabIndex={-1} class={row.group === undefined ? undefined : "group"}>
      <td class={`name depth-${row.depth}`}>
        {row.group === undefined
          ? (
            <a href={`/dashboard/topics/${encodeURIComponent(row.name)}`}>
              <Label text={row.label} />
            </a>
          )
          : (
            <a
              {...query.link({ closed: toggled(view, row.name) })}
              aria-expanded={open}
            >
              {row.label}
              <small>{count(row.group)} topics</small>
            </a>
          )}
      </td>
      <td class="wide">{values !== undefined && <Spark values={values} />}</td>
      <td>{row.rate === null ? "–" : `${brief(row.rate)}/s`}</td>
      <td>{count(row.stored)}</td>
      <td>
        <Share part={row.duplicates} all={row.received} />
        <small class="wide">{percent(row.duplicates, row.received)}</small>
        <span class="amount">{count(row.duplicates)}</span>
      </td>
      <td class="wide">{ago(now - Date.parse(row.lastSeen))}</td>
    </tr>
  );
}

/** A name of which the last part counts. */
function Label({ text }: { text: string }) {
  const last = text.lastIndexOf(".") + 1;
  return (
    <>
      {last > 0 && <i>{text.slice(0, last)}</i>}
      {text.slice(last)}
    </>
  );
}

/** A share as a bar. */
function Share({ part, all }: { part: number; all: number }) {
  return (
    <svg class="share" viewBox="0 0 1 1" preserveAspectRatio="none" aria-hidden="true">
      <rect class="duplicate" width={all === 0 ? 0 : part / all} height="1" />
    </svg>
  );
}

/** What a topic received, slot by slot; of a group that of its topics together, as far as known. */
function valuesOf(
  { name, group }: TopicRow,
  sparks: ReadonlyMap<string, TimeseriesByTopic["topics"][number]>,
): Values | undefined {
  const series = group === undefined
    ? [sparks.get(name)]
    : [...sparks.values()].filter(({ topic }) => topic.startsWith(name));
  const columns = series.flatMap((one) => one === undefined ? [] : [one.stored, one.duplicates]);
  return columns[0]?.map((value, slot) =>
    value === null ? null : columns.reduce((sum, column) => sum + (column[slot] ?? 0), 0)
  );
}
