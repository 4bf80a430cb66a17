import { EventCells, type StoredEvent } from "../events.tsx";

/** The latest events of a topic; each leads to its details in the explorer. */
export function LatestEvents(
  { topic, events }: { topic: string; events: readonly StoredEvent[] | null },
) {
  // As a filter, a topic such as `app.*` is a pattern, which finds others as well.
  const its = events?.filter((event) => event.topic === topic);
  const path = `/dashboard/events?topic=${encodeURIComponent(topic)}`;
  return (
    <section class="card latest">
      <h2>
        Latest events <a class="end" href={path}>all its events</a>
      </h2>
      {its === undefined && <p class="nothing">Not known while the database is away.</p>}
      {its?.length === 0 && <p class="nothing">None is stored.</p>}
      {its !== undefined && its.length > 0 && (
        <ol class="events">
          {its.map((event) => (
            <li key={event.seq}>
              <a data-row href={`${path}&seq=${event.seq}`}>
                <EventCells event={event} />
              </a>
            </li>
          ))}
        </ol>
      )}
    </section>
  );
}
