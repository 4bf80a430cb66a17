import { page } from "fresh";
import { Head } from "fresh/runtime";
import Copy from "../../../islands/Copy.tsx";
import { may } from "../../../lib/access/tokens.ts";
import { ago } from "../../../lib/browser/format.ts";
import { Json } from "../../../lib/browser/json.tsx";
import {
  actOnLetters,
  letterPageParams,
  parseLetterForm,
  sayResults,
} from "../../../lib/dead_letter_form.ts";
import { readForm } from "../../../lib/form.ts";
import { define, methods } from "../../../lib/http.ts";
import { DASHBOARD_PAGE_LETTERS } from "../../../lib/limits.ts";
import { parseParams } from "../../../lib/params.ts";
import { type DeadLetterText, readDeadLetters } from "../../../lib/sql/dead_letters.ts";

/** Dead letters: what PostgreSQL refused, why, and what to do about it. Works without scripts. */
export const handler = methods({
  async GET({ url, state: { aggregator } }) {
    const { topic, cursor, ...results } = parseParams(url.searchParams, letterPageParams);
    const { letters, next } = await readDeadLetters(
      aggregator.database.sql,
      { topic, after: cursor },
      DASHBOARD_PAGE_LETTERS,
    );
    return page({
      letters: letters.map(toRow),
      topic,
      said: sayResults(results),
      troubled: (results.refused ?? 0) + (results.gone ?? 0) > 0,
      older: next === undefined ? undefined : nextPath(url, next),
      first: cursor === undefined,
    });
  },
  async POST({ req, url, state: { aggregator } }) {
    const form = parseLetterForm(await readForm(req, aggregator.config));
    const results = await actOnLetters(aggregator.database.sql, form);
    const { topic } = parseParams(url.searchParams, letterPageParams);
    const query = new URLSearchParams(topic === undefined ? {} : { topic });
    for (const [result, count] of Object.entries(results)) query.set(result, String(count));
    return new Response(null, { status: 303, headers: { location: `${url.pathname}?${query}` } });
  },
});

/** A dead letter on the page. */
interface Row {
  readonly id: number;
  readonly event_id: string;
  readonly topic: string;
  readonly error: string;
  readonly received_at: string;
  readonly failed_at: string;
  readonly event: string;
}

function toRow({ head, event }: DeadLetterText): Row {
  return { ...JSON.parse(head), event };
}

function nextPath(url: URL, next: number): string {
  const params = new URLSearchParams({ cursor: String(next) });
  const topic = url.searchParams.get("topic");
  if (topic !== null) params.set("topic", topic);
  return `${url.pathname}?${params}`;
}

export default define.page<typeof handler>(({ data, url, state }) => {
  const { letters, topic, said, troubled, older, first } = data;
  // As DELETE and replay are in the table of what routes need.
  const action = may(state.grants, "admin") ? url.search : undefined;
  return (
    <main id="main" class="letters">
      <Head>
        <title>Dead letters · Sekali</title>
      </Head>
      <div class="heading">
        <h1>Dead letters</h1>
        <form class="filter">
          <input
            type="search"
            name="topic"
            aria-label="Topic, or a pattern such as app.>"
            placeholder="Topic, or app.>"
            value={topic}
          />
          <button type="submit">Filter</button>
        </form>
        {letters.length > 1 && action !== undefined && (
          <ReplayAll letters={letters} action={action} />
        )}
      </div>
      {said.length > 0 && (
        <p class={troubled ? "banner warn" : "banner good"} role="status">{said.join(" ")}</p>
      )}
      {letters.length === 0
        ? <None topic={topic} first={first} />
        : (
          <section class="card" aria-label="Dead letters, the latest first">
            {letters.map((letter) => <Letter key={letter.id} letter={letter} action={action} />)}
          </section>
        )}
      {older !== undefined && (
        <p class="more">
          <a class="button" href={older}>Older dead letters</a>
        </p>
      )}
    </main>
  );
});

function None({ topic, first }: { topic: string | undefined; first: boolean }) {
  return (
    <section class="card empty">
      <h2>{topic === undefined && first ? "No dead letters" : "No dead letters here"}</h2>
      <p>
        An event that PostgreSQL refuses, such as a number with 20,000 decimal places, comes to lie
        here with the reason, while its neighbours are stored. Nothing is lost: it can be replayed.
      </p>
      {(topic !== undefined || !first) && <a href="/dashboard/dead-letters">All dead letters</a>}
    </section>
  );
}

function Letter({ letter, action }: {
  letter: Row;
  /** Query string of the page to come back to; undefined: nothing may be done about it. */
  action: string | undefined;
}) {
  const { id, topic, event_id, error, received_at, failed_at, event } = letter;
  return (
    <details class="letter">
      <summary data-row>
        <span class="key">
          <b>{topic}</b> {event_id}
        </span>
        <span class="dead">{error}</span>
        <time dateTime={received_at} title={received_at}>
          {ago(Date.now() - Date.parse(received_at))}
        </time>
      </summary>
      <Json text={event} />
      <p>
        <small>
          Received {received_at}, refused {failed_at}, dead letter {id}
        </small>
      </p>
      <div class="actions">
        <Copy text={event} label="Copy event" />
        {action !== undefined && <ReplayOrDelete id={id} action={action} />}
      </div>
    </details>
  );
}

function ReplayOrDelete({ id, action }: { id: number; action: string }) {
  return (
    <>
      <Confirm
        label="Replay…"
        question="Apply this event once more? It is stored, unless its key is stored already."
        verb="Replay"
        action={action}
        ids={[id]}
      />
      <Confirm
        label="Delete…"
        question="Delete this event for good? The counters keep it as a dead letter."
        verb="Delete"
        action={action}
        ids={[id]}
        danger
      />
    </>
  );
}

function ReplayAll({ letters, action }: { letters: readonly Row[]; action: string }) {
  return (
    <Confirm
      label={`Replay these ${letters.length}…`}
      question="Apply all events of this page once more, one after the other?"
      verb="Replay"
      action={action}
      ids={letters.map(({ id }) => id)}
    />
  );
}

/** A button that asks before it does something, without scripts. */
function Confirm({ label, question, verb, action, ids, danger = false }: {
  label: string;
  question: string;
  verb: "Replay" | "Delete";
  /** Query string of the page to come back to. */
  action: string;
  ids: readonly number[];
  danger?: boolean;
}) {
  return (
    <details class="confirm">
      <summary class={danger ? "button danger" : "button"}>{label}</summary>
      <form method="post" action={`/dashboard/dead-letters${action}`}>
        <p>{question}</p>
        {ids.map((id) => <input key={id} type="hidden" name="id" value={id} />)}
        <button
          type="submit"
          name="action"
          value={verb.toLowerCase()}
          class={danger ? "danger" : "primary"}
        >
          {verb}
        </button>
      </form>
    </details>
  );
}
