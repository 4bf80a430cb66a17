import type { ComponentChildren } from "preact";
import type { DashboardSnapshot, QueueStats } from "../../snapshot.ts";
import { brief, bytes, count, duration } from "../format.ts";

/** Where every event is right now. */
export function Path({ stats }: { stats: DashboardSnapshot }) {
  const { consumers, queue } = stats;
  const working = consumers.filter(({ state }) => state === "busy").length;
  const took = stats.accept_latency;
  return (
    <section class="card path" aria-label="The path of an event">
      <Stage name="Publish">
        POST /publish{took !== null && ` · on disk in ${duration(took.p50)}`}
      </Stage>
      <Hop perSecond={stats.rates.accepted} />
      <Stage name="Journal">
        {count(stats.aggregator.pending)} pending · {bytes(stats.journal_bytes)}
      </Stage>
      <Hop perSecond={stats.rates.received} />
      <Stage name={queue.kind === "local" ? `${consumers.length} consumers` : "JetStream"}>
        {queue.kind === "jetstream" && `${messagesOf(queue)} · `}
        {working} busy · {count(stats.redeliveries)} redeliveries
      </Stage>
      <Hop perSecond={stats.rates.unique_processed} />
      <Stage name={`PostgreSQL ${stats.database.version}`}>{stats.database.at}</Stage>
    </section>
  );
}

/** What a stream has to deliver, by way of others, too. */
function messagesOf({ messages }: Extract<QueueStats, { kind: "jetstream" }>): string {
  return `${messages === null ? "?" : count(messages)} messages`;
}

function Stage({ name, children }: { name: string; children: ComponentChildren }) {
  return (
    <div class="stage">
      <b>{name}</b>
      <span>{children}</span>
    </div>
  );
}

/** How much goes from one stage to the next; the arrow moves while something does. */
function Hop({ perSecond }: { perSecond: number }) {
  return (
    <div class={perSecond > 0 ? "hop flows" : "hop"}>
      {brief(perSecond)}/s
      <svg viewBox="0 0 84 10" aria-hidden="true">
        <path class="shaft" d="M0 5H82" />
        <path class="head" d="M77 1l5 4-5 4" />
      </svg>
    </div>
  );
}
