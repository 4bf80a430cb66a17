import { useEffect } from "preact/hooks";
import EventDrawer from "./EventDrawer.tsx";
import { Empty } from "../lib/browser/Empty.tsx";
import { EventRow, MAX_ROWS, useOpenEvent } from "../lib/browser/EventRow.tsx";
import { brief, count } from "../lib/browser/format.ts";
import { addShortcuts } from "../lib/browser/keys.ts";
import { sharePerSecond, type TailRow } from "../lib/browser/tail.ts";
import { type Tail as TailState, useTail } from "../lib/browser/tail_follow.ts";
import type { Shell } from "../lib/browser/shell.ts";

/** What the server rendered. */
export interface TailProps {
  /** Events as JSON, the latest first. */
  readonly events: readonly string[];
  /** Where these end; null if it is not known. */
  readonly position: number | null;
  /** `topic` and `source`, where given. */
  readonly filter: Readonly<Record<string, string>>;
  /** The event whose details are open, as JSON. */
  readonly open: string | null;
  /** Where all events are. */
  readonly explorer: string;
  /** Query string of this page. */
  readonly query: string;
  readonly shell: Shell;
}

/** Events as they are stored, the latest on top. */
export default function Tail(props: TailProps) {
  const tail = useTail(props.events, props.position, props.filter);
  const open = useOpenEvent(props.open);
  const { rows, paused } = tail;
  const toggle = () => paused.value = !paused.value;
  useEffect(() => addShortcuts({ key: " ", does: "Pause or go on", run: toggle }), []);
  return (
    <>
      <EventDrawer open={open} shell={props.shell} />
      {rows.value.length === 0 && Object.keys(props.filter).length === 0
        ? <Empty shell={props.shell} />
        : (
          <section class="card tail" aria-labelledby="tail">
            <Head tail={tail} explorer={props.explorer} onToggle={toggle} />
            {/* Not read out as it grows: that would never end. */}
            <div role="log" aria-live="off" aria-labelledby="tail">
              <ol class="events">
                {rows.value.map((row) => (
                  <li key={row.event.seq} class={row.isNew ? "new" : undefined}>
                    <EventRow
                      event={row.event}
                      query={props.query}
                      onOpen={() =>
                        open.show(row.text)}
                    />
                  </li>
                ))}
              </ol>
            </div>
            <End rows={rows.value} explorer={props.explorer} />
          </section>
        )}
    </>
  );
}

function Head({ tail, explorer, onToggle }: {
  tail: TailState;
  explorer: string;
  onToggle: () => void;
}) {
  const paused = tail.paused.value;
  const skipped = tail.skipped.value;
  const share = paused ? undefined : sharePerSecond(tail.shares.value, Date.now());
  return (
    <div class="tail-head">
      <h2 id="tail">Latest events</h2>
      <button type="button" class="pause" onClick={onToggle}>
        {paused ? "Go on" : "Pause"} <kbd class="wide" aria-hidden="true">space</kbd>
      </button>
      <span class="tail-state" role="status">{paused && "paused"}</span>
      {share !== undefined && (
        <span class="tail-share">showing {count(share.shown)} of {brief(share.all)}/s</span>
      )}
      {skipped.count > 0 && (
        <small class="tail-skipped">
          {skipped.atLeast && "at least "}
          {count(skipped.count)} left out, <a href={explorer}>all events</a>
        </small>
      )}
    </div>
  );
}

function End({ rows, explorer }: { rows: readonly TailRow[]; explorer: string }) {
  if (rows.length === 0) {
    return (
      <p class="more">
        No event matches yet. Those that come appear here. <a href="/dashboard/tail">All topics</a>
      </p>
    );
  }
  return (
    <p class="more">
      {rows.length >= MAX_ROWS && `The latest ${count(MAX_ROWS)} are kept here. `}
      <a class="button" href={explorer}>More events</a>
    </p>
  );
}
