import type { ComponentChildren } from "preact";
import { ago, bytes, count, percent, span } from "../lib/browser/format.ts";
import { connect } from "../lib/browser/live.ts";
import type {
  ConsumerStats,
  DashboardSnapshot,
  DatabaseAway,
  TopicStats,
} from "../lib/snapshot.ts";

/** The overview: rendered by the server as of `at`, then kept live by the stream. */
export default function Overview({ initial, at }: { initial: DashboardSnapshot; at: number }) {
  const live = connect();
  const stats = live.stats.value ?? initial;
  const now = live.at.value ?? at;
  return (
    <main id="main">
      <h1 class="visually-hidden">Overview</h1>
      {stats.away !== null && <Away away={stats.away} pending={stats.pending} now={now} />}
      <Law stats={stats} />
      <Path stats={stats} />
      <Topics topics={stats.by_topic} count={stats.topic_count} now={now} />
      <Consumers consumers={stats.consumers} now={now} />
    </main>
  );
}

/** The database is away: what still works, and what the numbers below are worth. */
function Away({ away, pending, now }: { away: DatabaseAway; pending: number; now: number }) {
  return (
    <p class="banner bad" role="alert">
      <b>The database is away.</b> Publishing goes on: {count(pending)} pending. The counters are of
      {" "}
      {ago(now - Date.parse(away.counters_at))}. <small>{away.reason}</small>
    </p>
  );
}

/** What came in equals what was decided. */
function Law({ stats }: { stats: DashboardSnapshot }) {
  const { received, unique_processed, duplicate_dropped, dead_letters } = stats;
  return (
    <section class="card law" aria-label="Counters">
      <Figure n={received} label="received" />
      <span class="operator">=</span>
      <Figure n={unique_processed} label="stored, each once" class="stored" />
      <span class="operator">+</span>
      <Figure
        n={duplicate_dropped}
        label={`duplicates dropped · ${percent(duplicate_dropped, received)}`}
        class="duplicate"
      />
      <span class="operator">+</span>
      <Figure n={dead_letters} label="dead letters" class="dead" />
      <Figure
        n={stats.pending}
        label={stats.pending > 0 ? `pending · oldest ${span(stats.lag_ms)}` : "pending"}
        class="pending"
      />
      <Shares
        parts={{ stored: unique_processed, duplicate: duplicate_dropped, dead: dead_letters }}
      />
      <span class={stats.consistent ? "pill good" : "pill bad"}>
        {stats.consistent ? "✓ consistent" : "✗ inconsistent"}
      </span>
    </section>
  );
}

/** Parts of a whole as one bar; each is named as its colour. */
function Shares({ parts }: { parts: Record<string, number> }) {
  const all = Object.values(parts).reduce((sum, part) => sum + part, 0) || 1;
  let x = 0;
  return (
    <svg class="shares" viewBox="0 0 1 1" preserveAspectRatio="none" aria-hidden="true">
      {Object.entries(parts).map(([name, part]) => {
        const start = x;
        x += part / all;
        return <rect key={name} class={name} x={start} width={part / all} height="1" />;
      })}
    </svg>
  );
}

function Figure({ n, label, class: of = "" }: { n: number; label: string; class?: string }) {
  return (
    <div class={`figure ${of}`}>
      <b>{count(n)}</b>
      <span>{label}</span>
    </div>
  );
}

/** Where every event is right now. */
function Path({ stats }: { stats: DashboardSnapshot }) {
  const working = stats.consumers.filter(({ state }) => state === "busy").length;
  return (
    <section class="card path" aria-label="The path of an event">
      <Stage name="Publish">POST /publish</Stage>
      <Hop perSecond={stats.rates.accepted} />
      <Stage name="Journal">
        {count(stats.pending)} pending · {bytes(stats.journal_bytes)}
      </Stage>
      <Hop perSecond={stats.rates.received} />
      <Stage name={`${stats.consumers.length} consumers`}>
        {working} busy · {count(stats.redeliveries)} redeliveries
      </Stage>
      <Hop perSecond={stats.rates.unique_processed} />
      <Stage name={`PostgreSQL ${stats.database.version}`}>{stats.database.at}</Stage>
    </section>
  );
}

function Stage({ name, children }: { name: string; children: ComponentChildren }) {
  return (
    <div class="stage">
      <b>{name}</b>
      <span>{children}</span>
    </div>
  );
}

function Hop({ perSecond }: { perSecond: number }) {
  return (
    <div class="hop">
      {count(perSecond)}/s
      <span aria-hidden="true">→</span>
    </div>
  );
}

function Topics(
  { topics, count: all, now }: { topics: readonly TopicStats[]; count: number; now: number },
) {
  if (all === 0) return <Empty />;
  return (
    <section class="card topics">
      <h2>
        Topics {all > topics.length && <small>the latest {topics.length} of {count(all)}</small>}
      </h2>
      <table>
        <thead>
          <tr>
            <th>topic</th>
            <th class="wide">received</th>
            <th>stored</th>
            <th>duplicates</th>
            <th class="wide">last seen</th>
          </tr>
        </thead>
        <tbody>
          {topics.map((topic) => (
            <tr key={topic.topic}>
              <td class="name">{topic.topic}</td>
              <td class="wide">{count(topic.received)}</td>
              <td>{count(topic.unique_processed)}</td>
              <td>
                {count(topic.duplicate_dropped)}{" "}
                <small>{percent(topic.duplicate_dropped, topic.received)}</small>
              </td>
              <td class="wide">{ago(now - Date.parse(topic.last_seen))}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

function Empty() {
  return (
    <section class="card topics">
      <h2>No events yet</h2>
      <p>
        Send some with <code>npx -y deno@2.9.6 task publish</code>, or one:
      </p>
      <pre>{`curl http://localhost:8080/publish -H 'content-type: application/json' -d '{
  "topic": "app.log.hello",
  "event_id": "1",
  "timestamp": "2026-11-22T09:30:00Z",
  "source": "me",
  "payload": { "content": "Hello" }
}'`}</pre>
    </section>
  );
}

function Consumers({ consumers, now }: { consumers: readonly ConsumerStats[]; now: number }) {
  return (
    <section class="card consumers">
      <h2>Consumers</h2>
      <table>
        <thead>
          <tr>
            <th>consumer</th>
            <th>committed</th>
            <th>last commit</th>
          </tr>
        </thead>
        <tbody>
          {consumers.map((consumer) => (
            <tr key={consumer.consumer}>
              <td title={consumer.trouble ?? undefined}>
                {consumer.consumer} <span class={`state ${consumer.state}`}>{consumer.state}</span>
                {consumer.restarts > 0 && <small>replaced {consumer.restarts} ×</small>}
              </td>
              <td>{count(consumer.committed)}</td>
              <td>
                {consumer.last_commit_at === null
                  ? "–"
                  : ago(now - Date.parse(consumer.last_commit_at))}
                {consumer.last_commit_ms !== null && <small>{span(consumer.last_commit_ms)}</small>}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
