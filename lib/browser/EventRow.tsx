/**
 * Rows of events that open their details beside the list.
 */
import { type Signal, useSignal } from "@preact/signals";
import { EventCells, type StoredEvent } from "./events.tsx";

/** Rows kept in a list that grows. */
export const MAX_ROWS = 1_000;

/** The event whose details are open, as JSON; the address of the page says which. */
export interface OpenEvent {
  readonly text: Signal<string | null>;
  /** @param text null closes it */
  show(text: string | null): void;
}

/** @param initial what the server rendered open */
export function useOpenEvent(initial: string | null): OpenEvent {
  const text = useSignal(initial);
  const show = (next: string | null) => {
    text.value = next;
    const url = new URL(location.href);
    if (next === null) url.searchParams.delete("seq");
    else url.searchParams.set("seq", String(JSON.parse(next).seq));
    history.replaceState(null, "", url);
  };
  return { text, show };
}

/** An event of which a click opens the details; without scripts a page with them. */
export function EventRow({ event, query, onOpen }: {
  event: StoredEvent;
  /** Query string of the page. */
  query: string;
  onOpen: () => void;
}) {
  const params = new URLSearchParams(query);
  params.set("seq", String(event.seq));
  return (
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
  );
}
