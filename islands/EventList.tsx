import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import Copy from "./Copy.tsx";
import {
  EventCells,
  EventDetails,
  eventPath,
  splitLines,
  type StoredEvent,
} from "../lib/browser/events.tsx";

/** What the server rendered. */
export interface EventListProps {
  /** Events as JSON. */
  readonly events: readonly string[];
  /** Where programs get the page after this one. */
  readonly next: string | null;
  /** Where people do. */
  readonly nextPage: string | null;
  /** The event whose details are open, as JSON. */
  readonly open: string | null;
  /** Query string of this page. */
  readonly query: string;
  /** Of the service. */
  readonly origin: string;
}

/** Rows kept while it is scrolled on and on; then the next page is a page of its own. */
const MAX_ROWS = 1_000;

/** Events whose rows open their details, and that go on where the page ends. */
export default function EventList(props: EventListProps) {
  const events = useSignal(props.events);
  const next = useSignal(props.next);
  const open = useSignal(props.open);
  const failed = useSignal(false);
  const end = useRef<HTMLParagraphElement>(null);
  const full = events.value.length >= MAX_ROWS;

  const more = async () => {
    const url = next.value;
    if (url === null) return;
    next.value = null;
    try {
      const response = await fetch(url);
      if (!response.ok) throw new Error(response.statusText);
      events.value = [...events.value, ...splitLines(await response.text())];
      next.value = /<(.*)>; rel="next"/.exec(response.headers.get("link") ?? "")?.[1] ?? null;
      failed.value = false;
    } catch {
      next.value = url;
      failed.value = true;
    }
  };
  useEffect(() => {
    if (full || failed.value || next.value === null) return;
    const watch = new IntersectionObserver(([entry]) => entry!.isIntersecting && more(), {
      rootMargin: "600px",
    });
    watch.observe(end.current!);
    return () => watch.disconnect();
  }, [events.value, failed.value, next.value]);

  const show = (text: string | null) => {
    open.value = text;
    const url = new URL(location.href);
    if (text === null) url.searchParams.delete("seq");
    else url.searchParams.set("seq", String(JSON.parse(text).seq));
    history.replaceState(null, "", url);
  };
  return (
    <>
      {open.value !== null && (
        <Drawer
          text={open.value}
          origin={props.origin}
          onClose={() => show(null)}
        />
      )}
      <ol class="events">
        {events.value.map((text) => (
          <Row
            key={text}
            text={text}
            query={props.query}
            onOpen={() => show(text)}
          />
        ))}
      </ol>
      <p class="more" ref={end}>
        {failed.value && <button type="button" onClick={more}>Try again</button>}
        {props.nextPage !== null && (full || next.value === props.next) &&
          <a class="button" href={full ? pageAfter(next.value) : props.nextPage}>More events</a>}
      </p>
    </>
  );
}

/** The page for people that begins where a page for programs does. */
function pageAfter(next: string | null): string {
  const cursor = new URLSearchParams(next?.split("?")[1]).get("cursor");
  const url = new URL(location.href);
  if (cursor !== null) url.searchParams.set("cursor", cursor);
  return url.pathname + url.search;
}

function Row({ text, query, onOpen }: { text: string; query: string; onOpen: () => void }) {
  const event: StoredEvent = JSON.parse(text);
  const params = new URLSearchParams(query);
  params.set("seq", String(event.seq));
  return (
    <li>
      <a
        data-row
        href={`?${params}`}
        onClick={(click) => {
          if (click.ctrlKey || click.metaKey || click.shiftKey) return;
          click.preventDefault();
          onOpen();
        }}
      >
        <EventCells event={event} />
      </a>
    </li>
  );
}

/** The details of an event beside the list; without scripts it simply stands there. */
function Drawer(
  { text, origin, onClose }: { text: string; origin: string; onClose: () => void },
) {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    // Rendered open by the server it is no modal one yet. To close it would count as being closed.
    dialog.current!.removeAttribute("open");
    dialog.current!.showModal();
  }, []);
  const event: StoredEvent = JSON.parse(text);
  return (
    <dialog ref={dialog} class="drawer" aria-labelledby="drawer" open onClose={onClose}>
      <form method="dialog">
        <h2 id="drawer">Event</h2>
        <button type="submit" class="icon" aria-label="Close">✕</button>
      </form>
      <EventDetails event={event} text={text} />
      <div class="actions">
        <Copy text={text} label="Copy JSON" />
        <Copy text={`${event.topic} ${event.event_id}`} label="Copy key" />
        <Copy
          text={`curl '${origin}${eventPath(event).replaceAll("'", "%27")}'`}
          label="Copy curl"
        />
      </div>
    </dialog>
  );
}
