import type { ComponentChildren } from "preact";
import type { DashboardSnapshot } from "../../snapshot.ts";
import { ago, bytes, count, percent } from "../format.ts";

/** The queue is nearly full from here: publishers will soon get 503. */
const NEARLY_FULL = 0.8;

/** What is not as it should be, if anything, and what that means. */
export function Health({ stats, now }: { stats: DashboardSnapshot; now: number }) {
  const { away, queue, aggregator: { pending, pending_bytes }, limits } = stats;
  const events = pending / limits.queue_max_events;
  const size = pending_bytes / limits.journal_max_bytes;
  return (
    <>
      {away !== null && (
        <Banner kind="bad">
          <b>The database is away.</b> Publishing goes on: {count(pending)}{" "}
          pending. The counters are of {ago(now - Date.parse(away.counters_at))}.{" "}
          <small>{away.reason}</small>
        </Banner>
      )}
      {queue.kind === "jetstream" && queue.trouble !== null && (
        <Banner kind="bad">
          <b>NATS takes nothing.</b> Publishing goes on: {count(pending)}{" "}
          events wait in the journal. <small>{queue.trouble}</small>
        </Banner>
      )}
      {stats.draining && (
        <Banner kind="warn">
          <b>Stopping.</b> No more events are taken; {count(pending)} pending are being delivered.
        </Banner>
      )}
      {Math.max(events, size) >= NEARLY_FULL && (
        <Banner kind="warn">
          <b>The queue is nearly full.</b> {events >= size
            ? `${percent(pending, limits.queue_max_events)} of ${
              count(limits.queue_max_events)
            } events`
            : `${percent(pending_bytes, limits.journal_max_bytes)} of ${
              bytes(limits.journal_max_bytes)
            }`} are pending. When it is full, publishers get 503 and are told when to come again.
        </Banner>
      )}
      {!stats.consistent && (
        <Banner kind="bad">
          <b>The counters do not add up.</b>{" "}
          Received is not stored + duplicates + dead letters: please report it.
        </Banner>
      )}
    </>
  );
}

function Banner({ kind, children }: { kind: "warn" | "bad"; children: ComponentChildren }) {
  return <p class={`banner ${kind}`} role="alert">{children}</p>;
}
