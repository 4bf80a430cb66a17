import { useEffect, useRef } from "preact/hooks";
import Copy from "./Copy.tsx";
import type { OpenEvent } from "../lib/browser/EventRow.tsx";
import { curl, type Shell } from "../lib/browser/shell.ts";
import { EventDetails, eventPath, type StoredEvent } from "../lib/browser/events.tsx";

/** The details of the event that is open; without scripts they simply stand there. */
export default function EventDrawer({ open, shell }: { open: OpenEvent; shell: Shell }) {
  const text = open.text.value;
  if (text === null) return null;
  return <Drawer text={text} shell={shell} onClose={() => open.show(null)} />;
}

function Drawer(
  { text, shell, onClose }: { text: string; shell: Shell; onClose: () => void },
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
        <Copy text={curl(shell, eventPath(event))} label="Copy curl" />
      </div>
    </dialog>
  );
}
