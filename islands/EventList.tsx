import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import EventDrawer from "./EventDrawer.tsx";
import { EventRow, MAX_ROWS, useOpenEvent } from "../lib/browser/EventRow.tsx";
import { splitLines } from "../lib/browser/events.tsx";
import type { Shell } from "../lib/browser/shell.ts";

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
  readonly shell: Shell;
}

/** Events whose rows open their details, and that go on where the page ends. */
export default function EventList(props: EventListProps) {
  const events = useSignal(props.events);
  const next = useSignal(props.next);
  const open = useOpenEvent(props.open);
  const failed = useSignal(false);
  const end = useRef<HTMLParagraphElement>(null);
  // Then the next page is a page of its own.
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

  return (
    <>
      <EventDrawer open={open} shell={props.shell} />
      <ol class="events">
        {events.value.map((text) => (
          <li key={text}>
            <EventRow
              event={JSON.parse(text)}
              query={props.query}
              onOpen={() => open.show(text)}
            />
          </li>
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
